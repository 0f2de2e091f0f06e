import { type Accepts, only, unservedMember, whole } from '../../../local-aws/core/accepts';

/** A shape that holds itself, as DynamoDB's values do. */
interface Value {
  readonly S?: string;
  readonly L?: readonly Value[];
}

interface Input {
  readonly Name?: string;
  readonly Size?: number;
  readonly Zones?: readonly string[];
  readonly Tags?: Readonly<Record<string, string>>;
  readonly Template?: { readonly Id?: string; readonly Version?: string };
  readonly Disks?: readonly { readonly Device?: string; readonly Encrypted?: boolean }[];
  readonly Requests?: Readonly<Record<string, readonly { readonly Key?: string; readonly Item?: string }[]>>;
  readonly Item?: Readonly<Record<string, Value>>;
  readonly Key?: string;
  readonly Protection?: string;
}

const accepts: Accepts<Input> = {
  Name: true,
  Zones: true,
  Tags: true,
  Template: { Id: true },
  Disks: { Device: true, Encrypted: only(false) },
  Requests: { '*': { Key: true } },
  Item: { '*': whole },
  Key: 'nothing is encrypted',
  Protection: only('none', 'some'),
};

test.each<[Input, string | undefined]>([
  [{ Name: 'a', Zones: ['a', 'b'], Tags: { any: 'thing' } }, undefined],
  [{ Key: 'kept without effect' }, undefined],
  [{ Size: undefined }, undefined],
  [{ Size: 3 }, 'Size is not served by the local AWS.'],
  [{ Size: 0 }, 'Size is not served by the local AWS.'],
  [{ Template: { Id: 'lt-1' } }, undefined],
  [{ Template: { Id: 'lt-1', Version: '1' } }, 'Template.Version is not served by the local AWS.'],
  [{ Disks: [{ Device: 'a' }, { Encrypted: false }] }, undefined],
  [
    { Disks: [{ Device: 'a' }, { Encrypted: true }] },
    'Disks[1].Encrypted = true is not served by the local AWS; only false is.',
  ],
  [{ Requests: { table: [{ Key: 'a' }] } }, undefined],
  [{ Requests: { table: [{ Item: 'a' }] } }, 'Requests.table[0].Item is not served by the local AWS.'],
  [{ Item: { a: { L: [{ S: 'x' }] } } }, undefined],
  [{ Protection: 'some' }, undefined],
  [{ Protection: 'all' }, 'Protection = all is not served by the local AWS; only none, some is.'],
])('%j: %s', (input, message) => {
  expect(unservedMember(accepts, input)).toBe(message);
});

test('members that no shape has are refused too', () => {
  expect(unservedMember(accepts, { Nmae: 'a' })).toBe('Nmae is not served by the local AWS.');
});

/** What does not compile. */
const wrong: readonly Accepts<Input>[] = [
  // @ts-expect-error a member that the shape does not have
  { Nmae: true },
  // @ts-expect-error a structure is not used as a whole
  { Template: true },
  // @ts-expect-error nor are those of a list
  { Disks: true },
  // @ts-expect-error nor those of a map
  { Requests: true },
  // @ts-expect-error a nested member that the shape does not have
  { Disks: { Devise: true } },
  // @ts-expect-error a value of another type
  { Name: only(4) },
];

test('a declaration can name members of the shape alone, down to its leaves', () => {
  expect(wrong).toHaveLength(6);
});
