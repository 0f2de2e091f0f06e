import { parseExpression } from '../../../local-aws/cloudwatch/metric-math';

/** What an expression gives, minute by minute, for two series; - is no datapoint. */
function evaluated(expression: string, a: string, b: string): string {
  const { evaluate } = parseExpression(expression);
  return [...a]
    .map((_, minute) => {
      const value = evaluate((id) => {
        const sign = (id === 'a' ? a : b)[minute]!;
        return sign === '-' ? undefined : Number(sign);
      });
      return value === undefined ? '-' : String(value);
    })
    .join(' ');
}

test.each([
  ['a + b', '12--', '3-4-', '4 2 4 -'],
  ['a - b', '52--', '3-4-', '2 2 -4 -'],
  ['a * b', '52--', '3-4-', '15 - - -'],
  ['a / b', '62-4', '3-40', '2 - - -'],
  ['a + 1', '52--', '----', '6 3 - -'],
  ['100 * (a + b)', '12--', '3-4-', '400 200 400 -'],
  ['FILL(a, 0)', '12--', '----', '1 2 0 0'],
  ['FILL(a, 0) + FILL(b, 0)', '12--', '3-4-', '4 2 4 0'],
])('%s of %s and %s is %s', (expression, a, b, wanted) => {
  expect(evaluated(expression, a, b)).toBe(wanted);
});
