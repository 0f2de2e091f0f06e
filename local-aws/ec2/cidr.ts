import { Fault } from '../core/fault';

interface Block {
  readonly first: number;
  readonly last: number;
}

/** @throws Fault when it is no IPv4 CIDR block */
export function parseCidr(cidr: string | undefined): Block {
  const [, address = '', length = ''] = /^(\d+\.\d+\.\d+\.\d+)\/(\d{1,2})$/.exec(cidr ?? '') ?? [];
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || Number(length) > 32) {
    throw new Fault(
      'InvalidParameterValue',
      `Value (${cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  const size = 2 ** (32 - Number(length));
  const start = bytes.reduce((number, byte) => number * 256 + byte, 0);
  const first = start - (start % size);
  return { first, last: first + size - 1 };
}

/** Whether all addresses of the inner block are in the outer one. */
export function contains(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr(outer), parseCidr(inner)];
  return a.first <= b.first && b.last <= a.last;
}

/** Whether two blocks have an address in common. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a.first <= b.last && b.first <= a.last;
}

/** Addresses that a subnet has for use: AWS keeps five of each. */
export function usableAddresses(cidr: string): number {
  const { first, last } = parseCidr(cidr);
  return last - first + 1 - 5;
}
