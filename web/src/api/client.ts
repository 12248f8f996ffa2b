/**
 * The one place that talks HTTP. Cookies carry the session; the CSRF value lives in memory only.
 * Every POST carries an Idempotency-Key, so that a retry after a lost answer does not act twice.
 */
import { saveBlob } from "@/lib/saveBlob";
import { ApiError, networkProblem, toProblem } from "./errors";

export const API = "/api/v1";
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Params = Record<string, string | number | boolean | string[] | null | undefined>;

export interface Options {
  query?: Params;
  body?: unknown;
  ifMatch?: string | null;
  signal?: AbortSignal;
  /** A 401 is an answer, not an expired session (sign-in itself, the first look at the session). */
  anonymous?: boolean;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
  headers: Headers;
}

interface Hooks {
  language: () => string;
  /** Resolves to true when the user has signed in again and the request may be repeated. */
  expired: () => Promise<boolean>;
  /** Reads the session again; resolves to true when there is a fresh CSRF value. */
  refresh: () => Promise<boolean>;
}

let csrf = "";
let hooks: Hooks = { language: () => "zh-CN", expired: async () => false, refresh: async () => false };

export function setCsrf(value: string): void {
  csrf = value;
}

let unattended = false;

/** Requests that `action` begins at once come from a timer, not from a person: they keep no session alive. */
export function background<T>(action: () => T): T {
  const before = unattended;
  unattended = true;
  try {
    return action();
  } finally {
    unattended = before;
  }
}

export function installHooks(given: Hooks): void {
  hooks = given;
}

/** A random UUID v4; crypto.randomUUID is missing in Chrome 87 and outside secure contexts. */
export function newKey(): string {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  raw[6] = (raw[6]! & 0x0f) | 0x40;
  raw[8] = (raw[8]! & 0x3f) | 0x80;
  const hex = Array.from(raw, (value) => value.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function url(path: string, query?: Params): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) value.forEach((item) => search.append(key, item));
    else if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return `${path.startsWith("/api/") ? path : API + path}${text ? `?${text}` : ""}`;
}

function headersFor(method: Method, options: Options, key: string): Headers {
  const headers = new Headers({ Accept: "application/json", "Accept-Language": hooks.language() });
  if (method !== "GET") {
    headers.set("X-CSRF-Token", csrf);
    if (method === "POST") headers.set("Idempotency-Key", key);
  }
  if (options.ifMatch) headers.set("If-Match", options.ifMatch);
  if (unattended) headers.set("X-Background", "1");
  if (options.body !== undefined && !(options.body instanceof FormData) && !(options.body instanceof Blob)) {
    headers.set("Content-Type", "application/json");
  }
  return headers;
}

function bodyOf(body: unknown): BodyInit | undefined {
  if (body === undefined) return undefined;
  return body instanceof FormData || body instanceof Blob ? body : JSON.stringify(body);
}

async function problemOf(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  return new ApiError(toProblem(response.status, body, response.headers.get("X-Request-Id")));
}

async function once(method: Method, path: string, options: Options, key: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url(path, options.query), {
      method,
      headers: headersFor(method, options, key),
      body: bodyOf(options.body),
      credentials: "same-origin",
      signal: options.signal,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(networkProblem());
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function send(method: Method, path: string, options: Options): Promise<Response> {
  const key = newKey();
  try {
    return await once(method, path, options, key);
  } catch (error) {
    if (!(error instanceof ApiError) || options.anonymous) throw error;
    const retry =
      (error.code === "identity.session.missing" && (await hooks.expired())) ||
      (error.status === 403 && error.code.includes("csrf") && (await hooks.refresh()));
    if (!retry) throw error;
    return once(method, path, options, key);
  }
}

async function json<T>(method: Method, path: string, options: Options = {}): Promise<Answer<T>> {
  const response = await send(method, path, options);
  const text = await response.text();
  return {
    data: (text ? JSON.parse(text) : null) as T,
    etag: response.headers.get("ETag"),
    headers: response.headers,
  };
}

export const api = {
  get: async <T>(path: string, query?: Params, options: Options = {}): Promise<T> =>
    (await json<T>("GET", path, { ...options, query })).data,
  /** GET with the ETag that a later PATCH needs. */
  read: <T>(path: string, query?: Params): Promise<Answer<T>> => json<T>("GET", path, { query }),
  post: async <T>(path: string, body?: unknown, options: Options = {}): Promise<T> =>
    (await json<T>("POST", path, { ...options, body: body ?? {} })).data,
  put: async <T>(path: string, body: unknown, options: Options = {}): Promise<T> =>
    (await json<T>("PUT", path, { ...options, body })).data,
  patch: async <T>(path: string, body: unknown, ifMatch: string | null): Promise<T> =>
    (await json<T>("PATCH", path, { body, ifMatch })).data,
  delete: async <T>(path: string, options: Options = {}): Promise<T> =>
    (await json<T>("DELETE", path, options)).data,
  text: async (path: string, query?: Params): Promise<string> => (await send("GET", path, { query })).text(),
};

function nameFrom(headers: Headers, fallback: string): string {
  const disposition = headers.get("Content-Disposition") ?? "";
  const extended = /filename\*=(?:UTF-8|utf-8)''([^;]+)/.exec(disposition);
  if (extended) return decodeURIComponent(extended[1]!);
  return /filename="?([^";]+)"?/.exec(disposition)?.[1] ?? fallback;
}

/** Fetch a file with the session and hand it to the browser's download; errors are shown, not saved. */
export async function download(path: string, fallback: string, query?: Params): Promise<void> {
  const response = await send("GET", path, { query });
  saveBlob(await response.blob(), nameFrom(response.headers, fallback));
}

/** A file whose handing out is an act on record: it is asked for by POST. */
export async function fetchFile(path: string, fallback: string, options: Options = {}): Promise<void> {
  const response = await send("POST", path, { ...options, body: options.body ?? {} });
  saveBlob(await response.blob(), nameFrom(response.headers, fallback));
}
