/**
 * Whether a status is among those that a target group's matcher names: `200`, `200,202`, `200-299`.
 */
export function matches(matcher: string, status: number): boolean {
  return matcher.split(',').some((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return status >= first! && status <= last!;
  });
}

/** Whether a matcher is of the form that AWS takes. */
export function isMatcher(matcher: string): boolean {
  return /^[2-5]\d\d(-[2-5]\d\d)?(,[2-5]\d\d(-[2-5]\d\d)?)*$/.test(matcher);
}
