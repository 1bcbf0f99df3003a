/** The ways in which pictures come: chosen, dropped, pasted. */

/**
 * Hand on the pictures that people give.
 * @param {(files: File[]) => void} take
 */
export function takeIn(take) {
  const chooser = document.getElementById("files");
  chooser.onchange = () => {
    take([...chooser.files]);
    chooser.value = ""; // the same file may be chosen again
  };
  listenToDrops(take);
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) { return; } // words for a field
    event.preventDefault();
    take(files);
  });
}

function listenToDrops(take) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (over) => document.body.classList.toggle("dragging", over);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) { return; }
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => { if (event.relatedTarget === null) { mark(false); } });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) { return; }
    event.preventDefault(); // else the browser leaves the page for the picture
    mark(false);
    take([...event.dataTransfer.files]);
  });
}
