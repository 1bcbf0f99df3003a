/** Asks for the API key when the API wants one, and only then. */

import { forgetKey, isPossibleKey, keepKey, readKey } from "./key.js";

const byId = (id) => document.getElementById(id);

/** The form. */
export class KeyForm {
  /** @param {() => void} changed Called when there is another key, or none any more. */
  constructor(changed) {
    byId("key-form").onsubmit = (event) => {
      event.preventDefault();
      const key = byId("key").value.trim();
      const fault = isPossibleKey(key) ? "" : "This holds characters that a key cannot have.";
      byId("key").setCustomValidity(fault);
      if (!byId("key-form").reportValidity()) { return; }
      keepKey(key);
      byId("key").value = "";
      this.#arrange(false);
      changed();
    };
    byId("key").oninput = () => byId("key").setCustomValidity("");
    byId("forget-key").onclick = () => {
      forgetKey();
      this.#arrange(false);
      byId("main").focus();
      changed();
    };
    this.#arrange(false);
  }

  /** Ask for a key; one that was refused is forgotten. */
  ask() {
    forgetKey();
    const asking = !byId("key-form").hidden;
    this.#arrange(true);
    if (!asking) { byId("key").focus(); }
  }

  #arrange(asking) {
    byId("key-form").hidden = !asking;
    byId("forget-key").hidden = readKey() === null;
  }
}
