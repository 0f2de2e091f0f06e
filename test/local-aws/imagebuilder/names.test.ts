import { nextVersion, versionMatcher } from '../../../local-aws/imagebuilder/names';

test.each([
  ['1.2.3', [], '1.2.3'],
  ['1.0.x', [], '1.0.0'],
  ['1.0.x', ['1.0.0', '1.0.9', '1.0.10', '1.1.50'], '1.0.11'],
  ['1.x.x', ['1.4.2', '2.0.0'], '1.5.0'],
  ['x.x.x', [], '1.0.0'],
])('%s beside %j becomes %s', (wanted, existing, version) => {
  expect(nextVersion(wanted, existing)).toBe(version);
});

test.each(['1.x.8', 'x.1.1', '1.0', '01.0.y', '1.0.0.0'])('%s is no version', (version) => {
  expect(() => nextVersion(version, [])).toThrow(
    expect.objectContaining({ code: 'InvalidVersionNumberException' }),
  );
});

test('a version with wildcards matches whole numbers', () => {
  expect(['1.0.0', '10.0.0', '1.10.3'].filter(versionMatcher('1.x.x'))).toEqual(['1.0.0', '1.10.3']);
});
