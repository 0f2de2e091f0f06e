import type { Boot } from './boots';
import { changeByHand, restartAll } from './change-by-hand';
import { type Finding, finding, perVariant, type Variant } from './model';
import { NO_BUILD, STORY, type Step } from './story';
import { type WeekParts, weekOfUpdates } from './week-of-updates';

export interface MachineParts extends WeekParts {
  /** What was measured of the machines that have started so far. */
  readonly boots: () => readonly Boot[];
}

/** So many boots of each variant are to be measured. */
const LEAST_BOOTS = 10;

/** The story on real machines: what `npm start` tells, and what only machines that boot can show. */
export function machineStory(parts: MachineParts): readonly Step[] {
  const release = '1.0.0';
  const stays = { stackStatus: 'UPDATE_COMPLETE', serves: release, builds: NO_BUILD };
  const own: readonly Step[] = [
    {
      id: 'week',
      title: 'a week of updates',
      does: weekOfUpdates(parts),
      release,
      // What a machine has not answered when its hardware fails is lost.
      traffic: false,
      wanted: stays,
    },
    {
      id: 'hand',
      title: 'a change by hand',
      does: changeByHand(parts.shellOf),
      release,
      traffic: true,
      wanted: stays,
    },
    {
      id: 'restart',
      title: 'restart',
      does: async (stage) => {
        const found = await restartAll(stage);
        return perVariant((variant) => [...found[variant], bootsMeasured(parts.boots(), variant)]);
      },
      release,
      traffic: true,
      wanted: { ...stays, refresh: 'Successful' },
    },
  ];
  // What an alarm does about answers to visitors does not depend on whether machines boot.
  const told = STORY.filter(({ id }) => id !== 'failing');
  return [...told.slice(0, -1), ...own, ...told.slice(-1)];
}

function bootsMeasured(boots: readonly Boot[], variant: Variant): Finding {
  const count = boots.filter((boot) => boot.variant === variant).length;
  return finding('boots measured', String(count), `at least ${LEAST_BOOTS}`, count >= LEAST_BOOTS);
}
