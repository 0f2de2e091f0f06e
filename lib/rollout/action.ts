import type { Ending } from '../custom-resource/protocol';
import type { Amendment } from '../ledger/ledger';
import type { Head, LedgerEvent, OpenRollout, Outcome, Revision } from '../ledger/types';
import type { TemplateVersion } from './properties';

/** What the ledger is to say of the open rollout, before CloudFormation is answered. */
export type Entry =
  | { readonly kind: 'close'; readonly open: OpenRollout; readonly outcome: Outcome }
  | { readonly kind: 'amend'; readonly open: OpenRollout; readonly change: Amendment };

/** Something for the ledger's events. */
export type Event = Pick<LedgerEvent, 'kind' | 'by' | 'message'> & { readonly revision: number };

/** What to do next. */
export type Action =
  | (Ending & { readonly entry?: Entry })
  | {
      readonly kind: 'wait';
      readonly seconds: number;
      readonly message: string;
      readonly note?: string;
      readonly event?: Event;
    }
  /** Begin a rollout in the ledger, before anything changes. */
  | {
      readonly kind: 'open';
      readonly head: Head;
      readonly rollout: OpenRollout;
      readonly revision?: Revision;
      readonly superseded?: Outcome;
    }
  | {
      readonly kind: 'amend';
      readonly open: OpenRollout;
      readonly change: Amendment;
      readonly message: string;
      readonly event?: Event;
    }
  /** Start a refresh; it is irreversible on the way back and where the group has saved the content already. */
  | {
      readonly kind: 'start';
      readonly version: TemplateVersion;
      readonly isReversible: boolean;
      readonly skipMatching: boolean;
      /** Where to stop, in percent. */
      readonly checkpoint?: number;
      readonly open?: OpenRollout;
    }
  | {
      readonly kind: 'rollBack' | 'cancel';
      readonly refreshId: string;
      readonly reason: string;
      /** The rollout that is in trouble for that reason. */
      readonly open?: OpenRollout;
    }
  /** Cancel a refresh of our own, to pause, or to go on with another one. */
  | {
      readonly kind: 'interrupt';
      readonly open: OpenRollout;
      readonly refreshId: string;
      readonly message: string;
    };
