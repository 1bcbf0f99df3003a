/** Speaks the wire contract, version 1, with the API that lies beside this page. */

import { ApiProblem } from "./problems.js";

/** Most crops in one request (contract version 1). */
export const MAX_CROPS = 16;
/** Seconds to wait for an answer; API Gateway waits 29. */
export const TIMEOUT = 30;

const ACCESS = [401, 403];

/**
 * What `GET v1/model` tells: `crop_margin` is a share of the box, `input_size` height and width in pixels.
 * @typedef {{name: string, version: string, crop_margin: number, input_size: [number, number]}} Model
 */

/**
 * The answer about one crop: a judgement, or the error that stands in its place.
 * @typedef {{judgement: import("./consensus.js").Judgement | null, error: string | null}} Outcome
 */

/** The API that lies beside the page: all addresses are relative, so that a stage's prefix is kept. */
export class Api {
  #key;
  #base;

  /**
   * @param {() => string | null} key Gives the API key, or null.
   * @param {string} base Where the page lies.
   */
  constructor(key, base = document.baseURI) {
    this.#key = key;
    this.#base = base;
  }

  /**
   * Tell how the model wants its crops.
   * @returns {Promise<Model>}
   * @throws {ApiProblem}
   */
  async model() {
    const model = await this.#exchange("v1/model", { method: "GET" }, readSuccess);
    const [height, width] = Array.isArray(model.input_size) ? model.input_size : [];
    if (!(model.crop_margin >= 0 && height > 0 && width > 0)) { throw new ApiProblem("invalid"); }
    return model;
  }

  /**
   * Judge crops in one request.
   * @param {Blob[]} crops 1 to `MAX_CROPS` JPEG files.
   * @returns {Promise<Outcome[]>} One per crop, in their order.
   * @throws {ApiProblem}
   */
  async classify(crops) {
    const body = new FormData();
    crops.forEach((crop, number) => body.append("crops", crop, `face-${number}.jpg`));
    const answer = await this.#exchange("v1/classify", { method: "POST", body }, readResults);
    const results = Array.isArray(answer.results) ? answer.results : [];
    if (results.length !== crops.length || results.some((result, place) => result.index !== place)) {
      throw new ApiProblem("invalid");
    }
    return results.map(outcomeOf);
  }

  async #exchange(path, options, read) {
    const key = this.#key();
    const headers = { Accept: "application/json", ...(key && { "x-api-key": key }) };
    const signal = AbortSignal.timeout(TIMEOUT * 1000);
    // Whoever answers with a redirect would be sent the key.
    const careful = { redirect: "error", cache: "no-store" };
    try {
      return await read(await fetch(new URL(path, this.#base), { ...options, ...careful, headers, signal }));
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(reasonOf(signal));
      problem.key = key; // there may be another by now
      throw problem;
    }
  }
}

function reasonOf(signal) {
  if (!navigator.onLine) { return "offline"; }
  return signal.aborted ? "timeout" : "unreachable";
}

async function readSuccess(response) {
  if (!response.ok) { throw await statusProblem(response); }
  const document = await bodyOf(response);
  if (document === null) { throw new ApiProblem("invalid"); }
  return document;
}

/** A batch of broken crops only is a problem to the API; here it is answered crop by crop. */
async function readResults(response) {
  if (response.status !== 422) { return readSuccess(response); }
  const document = await bodyOf(response.clone());
  if (!Array.isArray(document?.results)) { throw await statusProblem(response); }
  return document;
}

function outcomeOf(result) {
  if (result.error) { return { judgement: null, error: String(result.error.detail ?? result.error.type) }; }
  const { label, confidence, verdict, reasons, probabilities } = result;
  const known = typeof label === "string" && typeof confidence === "number" && typeof verdict === "string"
    && Array.isArray(reasons) && probabilities !== null && typeof probabilities === "object";
  if (!known) { throw new ApiProblem("invalid"); }
  return { judgement: { label, confidence, verdict, reasons, probabilities }, error: null };
}

async function statusProblem(response) {
  const { status } = response;
  const document = await bodyOf(response);
  const said = document?.detail ?? document?.message;
  const detail = typeof said === "string" ? said : null;
  return new ApiProblem(kindOf(status), { status, detail, retryAfter: retryAfter(response) });
}

function kindOf(status) {
  if (ACCESS.includes(status)) { return "refused"; }
  if (status === 429) { return "limited"; }
  if (status === 413) { return "too-large"; }
  if (status === 404) { return "missing"; }
  return status >= 500 ? "unavailable" : "rejected";
}

async function bodyOf(response) {
  try {
    const document = await response.json();
    return document !== null && typeof document === "object" ? document : null;
  } catch (error) {
    if (error instanceof SyntaxError) { return null; }
    throw error;
  }
}

/** Read a `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfter(response) {
  const value = response.headers.get("Retry-After")?.trim();
  if (!value) { return null; }
  if (/^\d+$/.test(value)) { return Number(value); }
  const when = Date.parse(value);
  return Number.isNaN(when) ? null : Math.max(0, (when - Date.now()) / 1000);
}
