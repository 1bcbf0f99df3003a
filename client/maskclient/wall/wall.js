"use strict";
// Shows what the wall sends. Each message is acknowledged once it is shown, and only then does the
// next one of its kind come: a slow line or a slow computer gets fewer pictures, never old ones.

const MOST_EVENTS = 100;
const FIRST_DELAY = 500;
const MAX_DELAY = 10000;
const SILENT_AFTER = 25000; // the wall says something every ten seconds
const WRONG_TOKEN = 4401;
const SURE_SECONDS = 4;
const KEY = "maskcheck-token";
const VERDICTS = { violation: "no proper mask", compliant: "mask", uncertain: "unsure", rejected: "not judged" };
const LABELS = { with_mask: "mask", incorrect_mask: "mask worn badly", without_mask: "no mask" };
const STATES = { connecting: "Opening the camera", lost: "No picture, trying again", ended: "Ended", failed: "Failed" };
const NOTHING_KNOWN = { present: {}, people: null };

const byId = (id) => document.getElementById(id);
const tiles = new Map();
const decoder = new TextDecoder();
let socket = null;
let delay = FIRST_DELAY;
let silence = 0;

function connect() {
  tell("Connecting", true);
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/watch`);
  socket.binaryType = "arraybuffer";
  const mine = socket;
  socket.onopen = () => {
    mine.send(JSON.stringify({ type: "hello", token: sessionStorage.getItem(KEY) }));
    listen(mine);
  };
  socket.onmessage = (message) => {
    listen(mine);
    if (typeof message.data === "string") {
      takeState(JSON.parse(message.data), mine);
    } else {
      takePicture(message.data, mine);
    }
  };
  socket.onclose = (event) => lost(mine, event);
}

function listen(mine) {
  clearTimeout(silence);
  silence = setTimeout(() => lost(mine, { code: 0 }), SILENT_AFTER);
}

function lost(mine, event) {
  if (mine !== socket) { return; }
  socket = null;
  clearTimeout(silence);
  mine.close();
  if (event.code === WRONG_TOKEN) {
    askForToken();
    return;
  }
  const wait = delay * (0.75 + Math.random() / 2); // not all viewers at once
  tell(`Connection lost${event.reason ? ": " + event.reason : ""}. Trying again`, true);
  setTimeout(connect, wait);
  delay = Math.min(2 * delay, MAX_DELAY);
}

function tell(words, offline) {
  const place = byId("connection");
  if (place.textContent !== words) { place.textContent = words; }
  document.body.classList.toggle("offline", offline);
}

function acknowledge(mine, message) {
  if (mine.readyState === WebSocket.OPEN) { mine.send(JSON.stringify(message)); }
}

function takeState(state, mine) {
  if (state.type !== "state") { return; }
  delay = FIRST_DELAY;
  tell("Live", false);
  byId("token-form").hidden = true;
  const names = new Set(state.cameras.map((camera) => camera.name));
  for (const [name, tile] of tiles) {
    if (!names.has(name)) { removeTile(name, tile); }
  }
  for (const camera of state.cameras) { showCamera(camera); }
  byId("no-cameras").hidden = names.size > 0;
  showEvents(state.events);
  acknowledge(mine, { type: "known" });
}

function showCamera(camera) {
  const tile = tiles.get(camera.name) || addTile(camera.name);
  const part = (name) => tile.querySelector(name);
  part(".violations").textContent = camera.violations;
  part(".admissions").textContent = camera.admissions;
  part(".remove").hidden = camera.origin !== "here";
  part(".problem").textContent = [STATES[camera.state], camera.problem].filter(Boolean).join(": ");
  if (camera.state !== "live") { showFigures(tile, NOTHING_KNOWN); } // what was seen last is not so any more
}

function addTile(name) {
  const tile = byId("tile").content.firstElementChild.cloneNode(true);
  tile.querySelector("h3").textContent = name;
  const enlarge = tile.querySelector(".enlarge");
  enlarge.setAttribute("aria-label", `Enlarge ${name}`);
  enlarge.onclick = () => {
    const large = tile.classList.toggle("large");
    enlarge.setAttribute("aria-pressed", String(large));
  };
  const remove = tile.querySelector(".remove");
  remove.setAttribute("aria-label", `Remove ${name}`);
  remove.onclick = () => removeCamera(name, remove);
  tiles.set(name, tile);
  byId("tiles").append(tile);
  return tile;
}

function removeTile(name, tile) {
  const focused = tile.contains(document.activeElement);
  URL.revokeObjectURL(tile.querySelector("img").src);
  tile.remove();
  tiles.delete(name);
  if (focused) { byId("cameras").focus(); } // whoever uses the keyboard is not thrown to the top
}

function takePicture(buffer, mine) {
  const length = new DataView(buffer).getUint32(0);
  const told = JSON.parse(decoder.decode(new Uint8Array(buffer, 4, length)));
  const shown = () => acknowledge(mine, { type: "shown", camera: told.camera });
  const tile = tiles.get(told.camera);
  if (!tile) {
    shown();
    return;
  }
  const image = tile.querySelector("img");
  const before = image.src;
  image.onload = image.onerror = () => {
    if (before) { URL.revokeObjectURL(before); }
    shown();
  };
  image.src = URL.createObjectURL(new Blob([new Uint8Array(buffer, 4 + length)], { type: "image/jpeg" }));
  image.alt = `${told.camera}: ${told.captions.length ? told.captions.join(", ") : "nobody"}`;
  showFigures(tile, told);
}

function showFigures(tile, told) {
  const now = Object.entries(told.present).map(([verdict, count]) => `${count} ${VERDICTS[verdict] || verdict}`);
  const words = now.join(", ") || "nobody";
  const place = tile.querySelector(".now");
  if (place.textContent !== words) { place.textContent = words; }
  if (told.people !== null) { tile.querySelector(".people").textContent = told.people; }
  tile.classList.toggle("alarm", Boolean(told.present.violation));
}

function showEvents(events) {
  const list = byId("events");
  const known = new Set(Array.from(list.children, (item) => item.dataset.event)); // after a lost connection
  list.prepend(...events.filter((event) => !known.has(event.event_id)).map(eventItem));
  while (list.children.length > MOST_EVENTS) { list.lastElementChild.remove(); }
  byId("no-events").hidden = list.children.length > 0;
  list.setAttribute("aria-live", "polite"); // only what comes from now on is read aloud
}

function eventItem(event) {
  const item = document.createElement("li");
  item.dataset.event = event.event_id;
  item.className = event.type === "violation" ? "violation" : "admit";
  const what = document.createElement("strong");
  what.textContent = event.type === "violation" ? "Violation" : "Admit";
  const where = document.createElement("span");
  where.className = "camera";
  where.textContent = ` ${event.camera}, #${event.track} ${LABELS[event.label] || event.label}`;
  const when = document.createElement("time");
  when.dateTime = event.time;
  when.textContent = new Date(event.time).toLocaleTimeString();
  item.append(what, where, when);
  return item;
}

async function ask(method, path, body) {
  const headers = {};
  const token = sessionStorage.getItem(KEY);
  if (token) { headers.Authorization = `Bearer ${token}`; }
  if (body) { headers["Content-Type"] = "application/json"; }
  try {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    return answer.ok ? null : (await answer.json()).error;
  } catch {
    return "The wall does not answer. Try again when the connection is back.";
  }
}

async function removeCamera(name, button) {
  if (button.textContent === "Remove") {
    button.textContent = "Really remove?";
    button.setAttribute("aria-label", `Really remove ${name}?`);
    setTimeout(() => {
      button.textContent = "Remove";
      button.setAttribute("aria-label", `Remove ${name}`);
    }, SURE_SECONDS * 1000);
    return;
  }
  button.disabled = true;
  const problem = await ask("DELETE", `/api/cameras/${encodeURIComponent(name)}`);
  button.disabled = false;
  if (problem) { tell(problem, false); }
}

byId("add-form").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  const name = byId("name").value.trim();
  const wanted = { source: byId("source").value, ...(name && { name }) };
  const problem = await ask("POST", "/api/cameras", wanted);
  button.disabled = false;
  byId("add-problem").textContent = problem || "";
  if (!problem) { form.reset(); }
};

function askForToken() {
  const known = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  tell("A token is needed", true);
  byId("token-problem").textContent = known ? "This token is wrong." : "";
  byId("token-form").hidden = false;
  byId("token").focus();
}

byId("token-form").onsubmit = (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, byId("token").value);
  byId("token").value = "";
  connect();
};

connect();
