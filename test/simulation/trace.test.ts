import { Trace } from './trace';

test.each([
  ['with letters', 'Stack-Function45263BCD-0A1B2C3D4E5F', 'Stack-Function45263BCD-suffix-1'],
  ['of digits alone', 'Stack-Function45263BCD-608068677763', 'Stack-Function45263BCD-suffix-1'],
  ['which is an account', 'assets-000000000000-eu-central-1', 'assets-000000000000-eu-central-1'],
])('a suffix %s', (_, told, expected) => {
  const trace = new Trace(() => 0, 0);
  trace.add('who', told);
  expect(trace.toString()).toBe(`00:00:00.000 who          ${expected}`);
});
