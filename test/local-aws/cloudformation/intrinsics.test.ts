// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import {
  KNOWN_AFTER_APPLY,
  NO_VALUE,
  resolve,
  type Scope,
} from '../../../local-aws/cloudformation/intrinsics';

const scope: Scope = {
  ref: (name) =>
    ({
      'AWS::NoValue': NO_VALUE,
      'AWS::Region': 'eu-central-1',
      Name: 'web',
      Zones: ['a', 'b'],
      New: KNOWN_AFTER_APPLY,
    })[name],
  getAtt: (resource, attribute) => `${resource}/${attribute}`,
  condition: (name) => name === 'Yes',
  mapping: (map, key, secondKey) => {
    if (map !== 'Map') throw new Error('no such map');
    return `${key}-${secondKey}`;
  },
  importValue: (name) => `imported ${name}`,
  availabilityZones: (region) => [`${region}a`, `${region}b`],
};

it.each<[string, unknown, unknown]>([
  ['Ref', { Ref: 'Name' }, 'web'],
  ['NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ['NoValue in a list', [1, { Ref: 'AWS::NoValue' }], [1]],
  ['GetAtt as a list', { 'Fn::GetAtt': ['A', 'B.C'] }, 'A/B.C'],
  ['GetAtt as a string', { 'Fn::GetAtt': 'A.B.C' }, 'A/B.C'],
  ['GetAtt with a Ref', { 'Fn::GetAtt': ['A', { Ref: 'Name' }] }, 'A/web'],
  ['Sub', { 'Fn::Sub': '${Name} ${A.B} ${!Not} $Name ${ Name }' }, 'web A/B ${Not} $Name web'],
  ['Sub with values', { 'Fn::Sub': ['${Name}-${y}', { y: 5, Name: 'mine' }] }, 'mine-5'],
  ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Name' }, 3]] }, 'a-web-3'],
  ['Join of a list parameter', { 'Fn::Join': [',', { Ref: 'Zones' }] }, 'a,b'],
  ['Select', { 'Fn::Select': ['1', { Ref: 'Zones' }] }, 'b'],
  ['Split', { 'Fn::Split': ['/', 'a/b//'] }, ['a', 'b', '', '']],
  ['Select of Split', { 'Fn::Select': [0, { 'Fn::Split': ['.', 'x.y'] }] }, 'x'],
  ['If', { 'Fn::If': ['Yes', 'then', { 'Fn::Nonsense': [] }] }, 'then'],
  ['If without', { 'Fn::If': ['No', 'then', { Ref: 'AWS::NoValue' }] }, NO_VALUE],
  ['FindInMap', { 'Fn::FindInMap': ['Map', { Ref: 'Name' }, 'b'] }, 'web-b'],
  ['FindInMap with a default', { 'Fn::FindInMap': ['Other', 'a', 'b', { DefaultValue: 'd' }] }, 'd'],
  ['Base64', { 'Fn::Base64': { 'Fn::Sub': '#!${Name}é' } }, Buffer.from('#!webé').toString('base64')],
  ['GetAZs', { 'Fn::GetAZs': '' }, ['eu-central-1a', 'eu-central-1b']],
  ['ImportValue', { 'Fn::ImportValue': { Ref: 'Name' } }, 'imported web'],
  ['Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
  ['Cidr at the top', { 'Fn::Cidr': ['255.255.0.0/16', 2, 4] }, ['255.255.0.0/28', '255.255.0.16/28']],
  ['Equals of unlike types', { 'Fn::Equals': [1, '1'] }, true],
  ['And', { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
  ['Or', { 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': ['a', 'b'] }] }, false],
  ['Contains', { 'Fn::Contains': [['web', 'db'], { Ref: 'Name' }] }, true],
  ['EachMemberIn', { 'Fn::EachMemberIn': [{ Ref: 'Zones' }, ['a', 'b', 'c']] }, true],
  ['EachMemberEquals', { 'Fn::EachMemberEquals': [{ Ref: 'Zones' }, 'a'] }, false],
  ['an object with Ref beside something else', { Ref: 'Name', other: 1 }, { Ref: 'Name', other: 1 }],
])('%s', (_, value, expected) => {
  expect(resolve(value, scope)).toEqual(expected);
});

describe('what is known only after the update', () => {
  it.each<[string, unknown, unknown]>([
    ['stays visible in a text', { 'Fn::Sub': 'x-${New}' }, `x-${KNOWN_AFTER_APPLY}`],
    ['stays visible in a join', { 'Fn::Join': ['/', ['a', { Ref: 'New' }]] }, `a/${KNOWN_AFTER_APPLY}`],
    [
      'hides what is cut out of it',
      { 'Fn::Select': [3, { 'Fn::Split': ['/', { Ref: 'New' }] }] },
      KNOWN_AFTER_APPLY,
    ],
    ['leaves a known neighbour', { 'Fn::Select': [0, ['a', { Ref: 'New' }]] }, 'a'],
    ['hides an encoded text', { 'Fn::Base64': { Ref: 'New' } }, KNOWN_AFTER_APPLY],
  ])('%s', (_, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });
});

it.each<[string, unknown, RegExp]>([
  ['an unknown function', { 'Fn::Nonsense': [] }, /does not know the function Fn::Nonsense/],
  ['an index out of range', { 'Fn::Select': [2, { Ref: 'Zones' }] }, /nonexistent value at index 2/],
  ['a list in a text', { 'Fn::Sub': '${Zones}' }, /needs a string; found \["a","b"\]/],
  ['a GetAtt without attribute', { 'Fn::GetAtt': ['A'] }, /requires two non-empty parameters/],
  [
    'a block too small',
    { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] },
    /cannot cut 2 blocks of 8 host bits out of 10\.0\.0\.0\/24/,
  ],
])('refuses %s', (_, value, message) => {
  expect(() => resolve(value, scope)).toThrow(message);
});
