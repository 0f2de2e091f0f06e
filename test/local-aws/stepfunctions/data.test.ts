import { holds } from '../../../local-aws/stepfunctions/choice';
import { findPath, parsePath, writePath } from '../../../local-aws/stepfunctions/json-path';
import { fillTemplate } from '../../../local-aws/stepfunctions/template';

const data = { a: { 'b c': [1, { d: 'x' }] }, n: null, t: '2026-01-01T00:00:00Z', k: 2 };

describe('paths', () => {
  test.each([
    ['$', data],
    ["$.a['b c'][1].d", 'x'],
    ['$["a"]["b c"][-1].d', 'x'],
    ["$.a['b c'][*].d", ['x']],
    ['$.n', null],
    ['$.none.more', undefined],
    ['$.a.length', undefined],
  ])('%s', (path, expected) => expect(findPath(path, data)).toEqual(expected));

  test.each(['a.b', '$..a', '$.a[?(@.b)]', '$.a[0:2]', '$.'])('%s is not read', (path) => {
    expect(() => parsePath(path)).toThrow(`The path '${path}' is not one of`);
  });

  test('a result is put where its path says', () => {
    expect(writePath('$', data, 1)).toBe(1);
    expect(writePath('$.x.y', { x: { z: 1 } }, 2)).toEqual({ x: { z: 1, y: 2 } });
    expect(writePath('$.x.y', {}, 2)).toEqual({ x: { y: 2 } });
    expect(writePath('$.x[1]', { x: [1, 2] }, 3)).toEqual({ x: [1, 3] });
    expect(() => writePath('$.k.y', data, 2)).toThrow('there is no object to hold y');
  });
});

describe('templates', () => {
  const fill = (template: unknown) =>
    fillTemplate(template, { input: data, context: { Execution: { Id: 'e' } } });

  test('paths, context and intrinsic functions', () => {
    expect(
      fill({
        plain: '$.k',
        nested: [{ 'k.$': '$.k' }],
        'id.$': '$$.Execution.Id',
        'text.$': "States.Format('{} of \\'{}\\', {}', $.k, $$.Execution.Id, States.Array($.k, 'a, b'))",
        'json.$': "States.StringToJson(States.Format('[{}]', $.k))",
        'sum.$': 'States.MathAdd($.k, -1)',
        'first.$': "States.ArrayGetItem(States.StringSplit('a.b', '.'), 0)",
      }),
    ).toEqual({
      plain: '$.k',
      nested: [{ k: 2 }],
      id: 'e',
      text: '2 of \'e\', [2,"a, b"]',
      json: [2],
      sum: 1,
      first: 'a',
    });
  });

  test('what is absent fails the state', () => {
    expect(() => fill({ 'x.$': '$.none' })).toThrow(
      expect.objectContaining({ error: 'States.ParameterPathFailure' }),
    );
  });
});

describe('choice rules', () => {
  test.each([
    [{ Variable: '$.k', NumericEquals: 2 }, true],
    [{ Variable: '$.k', NumericGreaterThan: 2 }, false],
    [{ Variable: '$.k', StringEquals: '2' }, false],
    [{ Variable: '$.k', NumericLessThanEqualsPath: '$.k' }, true],
    [{ Variable: '$.a', IsPresent: true }, true],
    [{ Variable: '$.none', IsPresent: true }, false],
    [{ Variable: '$.none', IsPresent: false }, true],
    [{ Variable: '$.n', IsNull: true }, true],
    [{ Variable: '$.t', TimestampLessThan: '2026-01-01T01:00:00+00:00' }, true],
    [{ Variable: '$.t', StringMatches: '2026-*Z' }, true],
    [{ Variable: '$.t', StringMatches: '2026\\*' }, false],
    [{ Not: { Variable: '$.k', IsString: true } }, true],
    [
      {
        And: [
          { Variable: '$.k', IsNumeric: true },
          { Variable: '$.n', IsNull: false },
        ],
      },
      false,
    ],
    [
      {
        Or: [
          { Variable: '$.k', IsNumeric: false },
          { Variable: '$.n', IsNull: true },
        ],
      },
      true,
    ],
  ])('%j', (rule, expected) => expect(holds(rule, data)).toBe(expected));

  test('a variable that is absent fails the state', () => {
    expect(() => holds({ Variable: '$.none', StringEquals: 'x' }, data)).toThrow(
      expect.objectContaining({ error: 'States.Runtime' }),
    );
  });
});
