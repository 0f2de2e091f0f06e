/**
 * Clients that answer for what there is, and refuse to be asked for anything else: a fake that answers whatever it is
 * asked hides a wrong name.
 * @param known what a member of an input may be, or have in it: `{ AutoScalingGroupNames: ['fleet'] }`
 */
export function knowing<Clients extends object>(
  clients: Clients,
  known: Readonly<Record<string, readonly string[]>>,
): Clients {
  return new Proxy(clients, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (input: Readonly<Record<string, unknown>> = {}) => {
        for (const [key, values] of Object.entries(known)) {
          for (const asked of [input[key] ?? []].flat()) {
            if (!values.includes(String(asked)))
              return Promise.reject(
                new Error(
                  `${String(name)} was asked for the ${key} ${String(asked)}; there is ${values.join(', ')}.`,
                ),
              );
          }
        }
        return member.call(target, input);
      };
    },
  });
}
