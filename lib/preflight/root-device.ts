import { ROOT_DEVICE_NAME } from '../fleet/root-volume';
import { key } from '../rollout/fleet';
import type { LaunchClients, PreflightClients } from './clients';
import { observePreflight } from './observe';
import { readBaseImage } from './observe-launch';
import type { PreflightObserved, PreflightSubject } from './subject';

/**
 * Device of the base image's root volume; where the image does not tell, and nothing is refused for that, the one
 * that the group's machines start with. Absent when the base image was not asked for.
 */
export function rootDeviceOf({ launch, group, templates }: PreflightObserved): string | undefined {
  if (!launch) return undefined;
  const saved = group?.saved && templates.get(key(group.saved))?.rootDeviceName;
  return launch.baseImage?.rootDeviceName ?? saved ?? ROOT_DEVICE_NAME;
}

/**
 * Device of the base image's root volume while a stack rolls back, which nothing may refuse: where the image is
 * gone, or can't be read, the one that the group's machines start with.
 */
export async function rootDeviceGoingBack(
  clients: PreflightClients & LaunchClients,
  subject: PreflightSubject,
): Promise<{ readonly name?: string; readonly message: string }> {
  const image = subject.launch?.baseImage;
  if (!image?.isConfigured) return { message: 'There is nothing to look for.' };
  const [why, found] = await readBaseImage(clients, image.id).then(
    (base) => ['has no root volume or is gone', base?.rootDeviceName] as const,
    (error: Error) => [`could not be read (${error.message})`, undefined] as const,
  );
  if (found) return { name: found, message: `The root volume of ${image.id} is ${found}.` };
  const saved = await savedRootDevice(clients, subject);
  const name = saved.name ?? ROOT_DEVICE_NAME;
  return { name, message: `${image.id} ${why}; the root volume is taken to be ${name}, ${saved.why}.` };
}

async function savedRootDevice(
  clients: PreflightClients & LaunchClients,
  subject: PreflightSubject,
): Promise<{ readonly name?: string; readonly why: string }> {
  try {
    const { group, templates } = await observePreflight(clients, subject);
    const name = group?.saved && templates.get(key(group.saved))?.rootDeviceName;
    return { name, why: name ? "as the group's machines have it" : 'as on Amazon Linux' };
  } catch (error) {
    return { why: `as on Amazon Linux, because the group could not be read (${(error as Error).message})` };
  }
}
