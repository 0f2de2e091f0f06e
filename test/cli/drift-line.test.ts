import { type Drift, lastDrift } from '../../lib/cli/drift-line';

const drift = (paths: readonly string[], more = 0, isWritable = false): Drift => ({
  ...{ isWritable, paths, more },
});

describe("a console's last word of what was changed", () => {
  test.each<[string, string, Drift | undefined]>([
    ['nothing on it', '', undefined],
    ['no word of it', '[   12.345678] cloud-init[74]: drift: none', undefined],
    ['nothing changed', '[   12.345678] drift[74]: drift: none', drift([])],
    ['without the time', 'drift[74]: drift: none', drift([])],
    ['lines that end as terminals have them', 'drift[74]: drift: none\r\nother\r\n', drift([])],
    ['a file', 'drift[74]: drift: /etc/motd', drift(['/etc/motd'])],
    ['the root folder', 'drift[74]: drift: /', drift(['/'])],
    ['several, and more', 'drift[74]: drift: /etc/a /etc/b and 3 more', drift(['/etc/a', '/etc/b'], 3)],
    ['a file system that is writable', 'drift[74]: drift: / is writable', drift([], 0, true)],
    ['and files', 'drift[74]: drift: / is writable, /etc/a and 1 more', drift(['/etc/a'], 1, true)],
    ['odd names', 'drift[74]: drift: /a%20b%0A /100%25%C3%BC', drift(['/a b\n', '/100%ü'])],
    ['a name that is no text', 'drift[74]: drift: /%FF', drift(['/\uFFFD'])],
    ['the last line of several', 'drift[1]: drift: none\nnode[2]: x\ndrift[3]: drift: /a', drift(['/a'])],
    ['that it is not known any more', 'drift[1]: drift: none\ndrift[3]: drift: unknown', undefined],
    ['a line that another came into', 'drift[1]: drift: /a\ndrift[3]: drift: /et[ 1.2] audit: x', undefined],
    ['an empty one', 'drift[74]: drift: ', undefined],
    ['another program that says so', 'drift[1]: drift: /a\nnode[2]: drift[1]: drift: none', drift(['/a'])],
  ])('%s', (_, console, expected) => {
    expect(lastDrift(console)).toEqual(expected);
  });
});
