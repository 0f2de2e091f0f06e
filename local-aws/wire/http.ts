/** An HTTP request, whatever brought it. */
export interface WireRequest {
  readonly method: string;
  /** Path as it stands in the request line: still percent-encoded, without the query. */
  readonly path: string;
  /** Query parameters, decoded; a parameter without a value has an empty one. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An HTTP response, complete. */
export interface WireResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An HTTP endpoint beside AWS's API: whatever begins with the prefix goes there, unsigned. */
export interface Route {
  /** Beginning of the path, with its leading slash: `/custom-resource-response/`. */
  readonly prefix: string;
  handle(request: WireRequest): Promise<WireResponse>;
}

/** A request by its URL: absolute, or from the path on. */
export function wireRequest(
  method: string,
  url: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  body: Uint8Array | string = '',
): WireRequest {
  const [, path = '', search = ''] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  const lowerCased: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined)
      lowerCased[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return {
    method: method.toUpperCase(),
    path: path || '/',
    query: parseQuery(search),
    headers: lowerCased,
    body: bytesOf(body),
  };
}

/** Parses a query string, or a form's body, into values by name. */
export function parseQuery(search: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    if (!Object.hasOwn(query, name)) query[name] = [];
    query[name]!.push(value);
  }
  return query;
}

export function wireResponse(
  status: number,
  body: Uint8Array | string = '',
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  return { status, headers, body: bytesOf(body) };
}

/** A plain view of bytes: the SDK's serializers give a kind of byte array that passes for a string. */
function bytesOf(body: Uint8Array | string): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}
