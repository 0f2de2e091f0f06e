/**
 * Whether machines of two releases serve at the same time for a while. They do not when all old ones go
 * before the first new one comes; a gate keeps machines of both.
 * @param gates where the rollout stops
 */
export function isMixed(
  percentages: { readonly minHealthyPercentage?: number; readonly maxHealthyPercentage?: number },
  gates: readonly object[],
): boolean {
  const { minHealthyPercentage, maxHealthyPercentage } = percentages;
  return minHealthyPercentage !== 0 || maxHealthyPercentage !== 100 || gates.length > 0;
}
