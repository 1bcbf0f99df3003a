/** Puts the page together. */

import { Album } from "./album.js";
import { Announcer } from "./announcer.js";
import { Api } from "./api.js";
import { Courier } from "./courier.js";
import { Extras } from "./extras.js";
import { Finder, isSupported } from "./finder.js";
import { takeIn } from "./intake.js";
import { Judging } from "./judging.js";
import { readKey } from "./key.js";
import { KeyForm } from "./keyform.js";
import { Live } from "./live.js";
import { Notices } from "./notices.js";
import { ApiProblem, PageProblem, wordsOf } from "./problems.js";

const byId = (id) => document.getElementById(id);
const notices = new Notices(byId("notices"));
const announcer = new Announcer(byId("changes"));
let parts = null;

/** What belongs to this page: asked once, and again if that failed. */
async function readParts() {
  try {
    parts ??= await fetchParts();
    return parts;
  } catch (error) {
    console.warn(error); // for whoever mends it; people read the problem's words
    throw new PageProblem("no-finder");
  }
}

async function fetchParts() {
  const address = new URL("./parts.json", import.meta.url);
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) { throw new Error(`parts.json: HTTP ${response.status}`); }
  const told = await response.json();
  // Somebody in between may answer in its place, as where one has to sign in to the network first.
  if (!(told?.detector?.threshold > 0)) { throw new Error("parts.json: not that of this page"); }
  return told;
}

function start() {
  const courier = new Courier(new Api(readKey), (problem, wait) => told(problem, wait));
  const keyForm = new KeyForm(() => {
    notices.clear("api");
    courier.wake();
  });

  function told(problem, wait) {
    byId("sent").textContent = sentWords(courier.traffic);
    if (problem === null) { notices.clear("api"); return; }
    if (problem.kind === "refused" && problem.key !== readKey()) { // another was entered meanwhile
      courier.wake();
      return;
    }
    notices.show("api", wordsOf(problem, { keySent: readKey() !== null, wait }));
    if (problem.kind === "refused") { keyForm.ask(); }
  }

  window.addEventListener("offline", () => notices.show("api", wordsOf(new ApiProblem("offline"))));
  window.addEventListener("online", () => {
    notices.clear("api");
    courier.wake();
  });

  const finder = new Finder(readParts);
  const extras = new Extras(notices);
  const judging = new Judging(finder, courier, finderTold);
  const album = new Album(judging, notices, announcer, extras);
  extras.changed = () => album.extrasChanged();
  takeIn((files) => album.add(files));
  new Live(finder, courier, notices, announcer, extras);
  prepare(finder, extras);
}

/** What will be needed is loaded while people still read. */
async function prepare(finder, extras) {
  try {
    const { extras: offered, versions } = await readParts();
    if (offered) { extras.offer(); }
    const told = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    byId("versions").textContent = told.join(" · ");
    await finder.load();
  } catch (error) {
    if (error instanceof PageProblem && error.kind === "old-browser") { finderTold(error); return; }
    setTimeout(() => prepare(finder, extras), 5000);
  }
}

function finderTold(problem) {
  if (problem === null) { notices.clear("finder"); return; }
  notices.show("finder", wordsOf(problem instanceof PageProblem ? problem : new PageProblem("no-finder")));
}

function sentWords({ requests, crops, bytes }) {
  if (requests === 0) { return "Nothing was sent so far."; }
  const counted = (number, one, more) => `${number} ${number === 1 ? one : more}`;
  return `So far: ${counted(crops, "picture of a face", "pictures of faces")} in `
    + `${counted(requests, "request", "requests")}, ${(bytes / 1000).toFixed(0)} kB.`;
}

byId("starting").hidden = true;
if (isSupported()) {
  byId("controls").hidden = false;
  start();
} else {
  notices.show("browser", wordsOf(new PageProblem("old-browser")));
}
