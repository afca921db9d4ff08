// What is typed is sent after a pause. The newest request wins: an older one is given up, and the server with it.

const PAUSE = 350; // milliseconds

const note = document.getElementById("note");
const rows = document.getElementById("rows");
const status = document.getElementById("status");
const assumed = document.getElementById("assumed");
const report = document.getElementById("report");
const link = document.getElementById("link");

let timer = 0;
let running = new AbortController();
let judged = null; // the text that the rows are about

async function ask(path, signal) {
  const headers = { "Content-Type": "text/markdown; charset=utf-8" };
  let found;
  try {
    const answer = await fetch(path, { method: "POST", body: note.value, headers, signal });
    found = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer: is symbptt serve still running?");
  }
  if (found.error) throw new Error(found.error);
  return found;
}

function say(text, wrong = false) {
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

function changed() {
  clearTimeout(timer);
  running.abort();
  judged = null;
  const empty = note.value.trim() === "";
  report.disabled = link.disabled = empty;
  for (const button of rows.querySelectorAll("button")) button.disabled = true;
  if (empty) {
    rows.replaceChildren();
    assumed.hidden = true;
    rows.removeAttribute("aria-busy");
    say("Nothing to check yet: paste a note, or start from an example.");
    return;
  }
  rows.setAttribute("aria-busy", "true");
  timer = setTimeout(check, PAUSE);
}

async function check() {
  const mine = running = new AbortController();
  const text = note.value;
  say("Checking …");
  try {
    const found = await ask("/check", mine.signal);
    if (mine.signal.aborted) return;
    judged = text;
    show(found);
    say(found.summary.join("\n"), found.rows.some((row) => !row.settled));
  } catch (error) {
    if (mine.signal.aborted) return;
    rows.replaceChildren();
    assumed.hidden = true;
    say(error.message, true);
  }
  rows.removeAttribute("aria-busy");
}

function show(found) {
  rows.replaceChildren(...found.rows.map(shown));
  assumed.hidden = found.assumed.length === 0;
  assumed.querySelector("ul").replaceChildren(...found.assumed.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

function shown(row, place) {
  const block = document.createElement("div");
  const html = document.createElement("template");
  html.innerHTML = row.html; // written, and escaped, by symbptt
  const actions = document.createElement("div");
  actions.className = "actions";
  const line = action(`Line ${row.from[0]}`, `: show (${row.tag}) in the note`, () => choose(row), "line");
  if (row.fix) {
    const words = row.fixes > 1 ? "Put the first change into the note" : "Put this change into the note";
    actions.append(action(words, `: ${row.fix.words}`, () => replace(row), "fix"));
  }
  if (row.explains && !html.content.querySelector("details")) {
    actions.append(action("Why", ` (${row.tag}) is ${row.word}`, (event) => explain(block, place, event.target)));
  }
  block.append(html.content, line, ...(actions.children.length ? [actions] : []));
  return block;
}

// A button; more than its text is said to who does not see what stands around it.
function action(text, more, run, kind = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.title = text + more;
  button.setAttribute("aria-label", text + more);
  button.className = kind;
  button.addEventListener("click", run);
  return button;
}

// Where a line and a column, both counted from 1 in whole characters, are in the text.
function offset([line, column]) {
  const lines = note.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + Array.from(lines[line - 1] ?? "").slice(0, column - 1).join("").length;
}

function choose(row) {
  note.focus();
  note.setSelectionRange(offset(row.from), offset(row.to));
}

function replace(row) {
  if (note.value !== judged) return;
  choose(row);
  put(row.fix.latex);
}

// Replace what is chosen. The command keeps it for Ctrl-Z; where there is none, it is replaced all the same.
function put(text) {
  if (!document.execCommand("insertText", false, text)) {
    note.setRangeText(text);
    changed();
  }
}

async function explain(block, place, button) {
  const { signal } = running;
  button.disabled = true;
  button.textContent = "Finding out why …";
  try {
    const found = await ask(`/explain?row=${place}`, signal);
    if (signal.aborted) return;
    const made = shown(found.rows[0], place);
    block.replaceWith(made);
    for (const details of made.querySelectorAll("details")) details.open = true;
    made.querySelector("summary")?.focus();
  } catch (error) {
    if (signal.aborted) return;
    button.textContent = "Why";
    button.disabled = false;
    say(error.message, true);
  }
}

async function download() {
  report.disabled = true;
  const before = status.textContent;
  say("Writing the report …");
  try {
    const found = await ask("/report");
    const place = document.createElement("a");
    place.href = URL.createObjectURL(new Blob([found.report], { type: "text/html" }));
    place.download = "symbptt.html";
    place.click();
    setTimeout(() => URL.revokeObjectURL(place.href), 60000);
    say(before);
  } catch (error) {
    say(error.message, true);
  }
  report.disabled = false;
}

// A link holds the note behind #, which no browser sends to any server.
async function copy() {
  history.replaceState(null, "", `#note=${encodeURIComponent(note.value)}`);
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied.");
  } catch {
    say("The link stands in the address bar.");
  }
}

function open() {
  const [name, text] = [location.hash.slice(0, 6), location.hash.slice(6)];
  if (name !== "#note=") return;
  try {
    note.value = decodeURIComponent(text);
  } catch {
    say("The link holds no note.", true);
    return;
  }
  changed();
}

note.addEventListener("input", changed);
report.addEventListener("click", download);
link.addEventListener("click", copy);
window.addEventListener("hashchange", open);
for (const button of document.querySelectorAll("[data-note]")) {
  button.addEventListener("click", () => {
    if (note.value === "") {
      note.value = button.dataset.note;
      changed();
    } else {
      note.select();
      put(button.dataset.note);
    }
  });
}
if (note.value === "") open();
else changed(); // a browser keeps what was typed when the page is loaded anew
