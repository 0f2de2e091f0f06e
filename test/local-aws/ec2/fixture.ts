import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import type { VariationOptions } from '../../../local-aws/core/variations';
import { type Ec2Options, Ec2Service } from '../../../local-aws/ec2/service';
import { IamService } from '../../../local-aws/iam/service';
import { MemoryDriver, type MemoryDriverOptions } from '../../../local-aws/machines/memory-driver';

/** EC2 and IAM in virtual time, with machines in memory. */
export function ec2Fixture(
  options: MemoryDriverOptions & Ec2Options & { readonly variations?: VariationOptions } = {},
) {
  const clock = new VirtualClock();
  const core = new Core({ clock, variations: options.variations });
  const machines = new MemoryDriver(core, options);
  core.register(new IamService(core));
  const ec2 = new Ec2Service(core, machines, options);
  core.register(ec2);
  return { clock, core, machines, ec2 };
}
