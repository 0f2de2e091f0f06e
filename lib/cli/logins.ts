import type { OperatorClients } from './clients';
import { explained } from './service-error';

/** What CloudTrail knows of somebody's way into a machine, or of commands sent to it. */
const EVENT_NAMES = [
  'SendSSHPublicKey',
  'SendSerialConsoleSSHPublicKey',
  'OpenTunnel',
  'StartSession',
  'SendCommand',
] as const;

/** Pages of fifty events each that are read of a kind. */
const MOST_PAGES = 20;

/** Somebody's way into a machine. */
export interface Login {
  readonly machine: string;
  readonly event: string;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What was found, or why it could not be looked for. */
export type Logins =
  | { readonly lookedAt: true; readonly since: string; readonly events: readonly Login[] }
  | { readonly lookedAt: false; readonly reason: string };

/**
 * Looks for logins into machines since the first of them was launched, by EC2 Instance Connect, the serial
 * console, Session Manager and Run Command. CloudTrail shows them after some minutes, and for 90 days.
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
 */
export async function readLogins(
  { cloudTrail }: Pick<OperatorClients, 'cloudTrail'>,
  machineIds: readonly string[],
  since: number,
): Promise<Logins> {
  const events: Login[] = [];
  try {
    for (const name of EVENT_NAMES) {
      let NextToken: string | undefined;
      let pages = 0;
      do {
        const page = await cloudTrail.lookupEvents({
          LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
          StartTime: new Date(since),
          NextToken,
        });
        for (const { CloudTrailEvent = '', EventTime, Username } of page.Events ?? []) {
          const machine = machineIds.find((id) => CloudTrailEvent.includes(id));
          if (machine)
            events.push({
              machine,
              event: name,
              by: Username ?? 'unknown',
              at: EventTime?.toISOString() ?? '',
            });
        }
        NextToken = page.NextToken;
        pages++;
      } while (NextToken && pages < MOST_PAGES);
      if (NextToken) {
        const reason = `There are more than ${MOST_PAGES * 50} events ${name} since ${iso(since)}.`;
        return { lookedAt: false, reason };
      }
    }
  } catch (error) {
    return { lookedAt: false, reason: explained(error) ?? String(error) };
  }
  return { lookedAt: true, since: iso(since), events };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
