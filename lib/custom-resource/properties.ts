/** A property that CloudFormation passed is missing or not what it should be. */
export class PropertyError extends Error {
  override readonly name = 'PropertyError';
}

/**
 * Reads CloudFormation's properties, in which numbers and booleans arrive as strings, once and at the
 * boundary. Every reader throws a PropertyError that names the property and quotes what was found.
 */
export class PropertyReader {
  constructor(
    private readonly properties: Readonly<Record<string, unknown>>,
    private readonly resourceType: string,
  ) {}

  text(name: string): string {
    const value = this.properties[name];
    if (typeof value !== 'string' || value === '') throw this.error(name, 'a text that is not empty');
    return value;
  }

  /** Empty when the property is absent or empty. */
  optionalText(name: string): string {
    const value = this.properties[name];
    return value === undefined || value === '' ? '' : this.text(name);
  }

  optionalInteger(name: string, minimum: number, maximum: number): number | undefined {
    return this.properties[name] === undefined ? undefined : this.integer(name, minimum, maximum);
  }

  integer(name: string, minimum: number, maximum: number): number {
    const value = this.properties[name];
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < minimum || number > maximum)
      throw this.error(name, `a whole number from ${minimum} to ${maximum}`);
    return number;
  }

  boolean(name: string): boolean {
    const value = this.properties[name];
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw this.error(name, 'true or false');
  }

  texts(name: string): readonly string[] {
    const value = this.properties[name];
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
      throw this.error(name, 'a list of texts');
    return value as string[];
  }

  private error(name: string, expected: string): PropertyError {
    const found = this.properties[name];
    const shown = found === undefined ? 'nothing' : JSON.stringify(found);
    return new PropertyError(
      `Property ${name} of ${this.resourceType} is to be ${expected}; found ${shown}.`,
    );
  }
}
