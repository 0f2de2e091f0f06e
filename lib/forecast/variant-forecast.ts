import { type Choice, choose } from './choose';
import { type Deployment, deploymentOf } from './deployment';
import type { Flags } from './flags';
import { type Forecast, forecast } from './forecast';
import type { Variant } from './known';
import type { PlannedVariant, Setting } from './settings';
import { warningsOf } from './warnings';
import { wishOf, withChosen } from './wish';

/** A variant's forecast with where its values come from, and what to beware of: what `--json` prints. */
export interface VariantForecast extends Forecast {
  readonly variant: Variant;
  readonly deployment: Deployment;
  /** With a deadline or a lowest capacity: what was chosen. */
  readonly choice?: Choice;
  readonly settings: readonly Setting[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Chooses what is to be chosen, and carries it out.
 * @throws ConfigurationError naming the flag
 */
export function foresee(planned: PlannedVariant, flags: Flags): VariantForecast {
  const { variant, settings, notes } = planned;
  const wish = wishOf(flags, planned.plan);
  const chosen = wish && choose(planned.plan, wish);
  const found = forecast(chosen?.plan ?? planned.plan);
  const deployment = deploymentOf(found);
  return {
    variant,
    deployment,
    choice: chosen?.choice,
    settings: chosen
      ? withChosen(settings, chosen.choice, flags.compare ? `chosen, ${variant}` : 'chosen')
      : settings,
    notes,
    ...found,
    warnings: warningsOf(found, deployment),
  };
}
