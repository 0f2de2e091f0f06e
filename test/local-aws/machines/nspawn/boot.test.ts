import { existsSync, readFileSync } from 'node:fs';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { VirtualClock } from '../../../../local-aws/core/clock';
import { Core } from '../../../../local-aws/core/core';
import { IamService } from '../../../../local-aws/iam/service';
import { isBaseImageKept } from '../../../../local-aws/machines/nspawn/base-image';
import { MachineHost } from '../../../../local-aws/machines/nspawn/machine-host';
import { NspawnDriver } from '../../../../local-aws/machines/nspawn/nspawn-driver';
import { missingPrograms, whyNot } from '../../../../local-aws/machines/nspawn/prerequisites';
import { StsService } from '../../../../local-aws/sts/service';
import { listen } from '../../../../local-aws/wire/server';
import { leftOut, sayLeftOut } from './real';

/**
 * It takes seconds where programs and base image are there, and runs then. Unless it is asked for, nothing is
 * installed for it.
 */
async function reasonToLeaveOut(): Promise<string | undefined> {
  if (leftOut === undefined) return undefined;
  const reason = whyNot();
  if (reason !== undefined) return reason;
  const missing = Object.keys(await missingPrograms());
  if (missing.length > 0)
    return `${missing.join(', ')} are not installed (npm run rehearse:machines installs them)`;
  if (!(await isBaseImageKept())) return 'there is no base image (npm run rehearse:machines makes one)';
  return undefined;
}

const USER_DATA = `#!/bin/bash
set -euo pipefail
aws sts get-caller-identity --region eu-central-1 --query Arn --output text
systemctl mask --now sshd.service
`;

test('a machine boots, does what its user data says with its own role, and leaves nothing', async () => {
  const reason = await reasonToLeaveOut();
  if (reason !== undefined) {
    sayLeftOut(reason);
    return;
  }
  const core = new Core({ clock: new VirtualClock() });
  for (const service of [new IamService(core), new StsService(core)]) core.register(service);
  const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const { Role } = await core.send(
    new CreateRoleCommand({
      RoleName: 'machine',
      AssumeRolePolicyDocument: JSON.stringify({ Statement: [trust] }),
    }),
  );
  await core.send(
    new PutRolePolicyCommand({
      RoleName: 'machine',
      PolicyName: 'all',
      PolicyDocument: JSON.stringify({ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }),
    }),
  );
  const host = await MachineHost.open({ log: () => undefined });
  const server = await listen(core);
  const driver = new NspawnDriver(core, host);
  const instanceId = 'i-0123456789abcdef0';
  try {
    const address = driver.reserveAddress(instanceId);
    await new Promise<void>((onRunning, reject) =>
      driver.launch({
        ...{ instanceId, imageId: 'ami-base', userData: USER_DATA, tags: {}, roleArn: Role!.Arn, onRunning },
        onStopped: (reason) => reject(new Error(reason)),
      }),
    );
    expect(driver.endpoint(instanceId, 22)).toEqual({ host: address, port: 22 });
    const shell = driver.shellOf(instanceId);
    await shell.run('systemctl is-system-running --wait');

    expect(driver.consoleOutput(instanceId)).toContain(`assumed-role/machine/${instanceId}`);
    const state = await shell.run('systemctl is-enabled sshd.service; ss -Hltn; echo told >&2; exit 7');
    expect(state).toEqual({ exitCode: 7, output: 'masked\ntold\n' });
    expect((await shell.run('sleep 60', { timeoutMs: 200 })).exitCode).toBe('timed out');
    await shell.writeFile('/root/a file', 'words\n', 0o640);
    expect((await shell.readFile('/root/a file')).toString()).toBe('words\n');
    expect(await shell.run("stat --format '%a %U' '/root/a file'")).toEqual({
      exitCode: 0,
      output: '640 root\n',
    });
    await expect(shell.readFile('/root/none')).rejects.toThrow("/root/none can't be read");
  } finally {
    await driver.close();
    await server.close();
  }
  expect(driver.consoleOutput(instanceId)).toContain('Power');
  expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(host.folder);
  expect(existsSync(host.folder)).toBe(false);
  expect(existsSync(`/run/netns/${host.names.machine(1)}`)).toBe(false);
  expect(existsSync(`/sys/class/net/${host.names.bridge}`)).toBe(false);
});
