/** From many answers about one face to one steady verdict: the rule of the desktop client. */

/** Answers without which nothing is said. */
export const LEAST_ANSWERS = 3;
/** Share of the answers that must have the verdict. */
export const AGREEMENT = 0.6;
/** Mean confidence that those must have. */
export const LEAST_CONFIDENCE = 0.8;
/** Share under which a verdict that is shown is given up though no other has won. */
export const LET_GO = 0.4;
/** Answers that are remembered. */
export const MEMORY = 5;

/** The verdict while nothing else can be said. */
export const UNCERTAIN = "uncertain";

const LABELS_BEHIND = {
  compliant: ["with_mask"],
  violation: ["incorrect_mask", "without_mask"],
};

/**
 * What the API says about one crop.
 * @typedef {{label: string, confidence: number, verdict: string, reasons: string[],
 *   probabilities: Object<string, number>}} Judgement
 */

/**
 * What is shown of a face. `label` is null while there is none; `confidence`, 0 to 1, is the mean
 * probability that the answers behind the verdict give it, 0 while there are none.
 * @typedef {{verdict: string, label: string | null, confidence: number, reasons: string[]}} Shown
 */

/** What is shown of a face of which nothing is known. */
const NOTHING_KNOWN = Object.freeze({ verdict: UNCERTAIN, label: null, confidence: 0, reasons: [] });

/**
 * The answers about one face, and what is shown of it.
 *
 * A verdict is shown once at least three of the last five answers are known, 60 % of them have it,
 * and their mean confidence is 0.8. It is then held: another takes its place only when it has as
 * many answers, the newest among them; and it is given up for `uncertain` only when fewer than 40 %
 * of the answers still have it and no other verdict is about to take its place, or none has it any
 * more, or the newest is too old.
 */
export class Consensus {
  #maxAge;
  #answers = [];
  #shown = NOTHING_KNOWN;

  /** @param {number} maxAge Seconds after which an answer says nothing any more. */
  constructor(maxAge) {
    this.#maxAge = maxAge;
  }

  /** @returns {Shown} What is shown. */
  get shown() {
    return this.#shown;
  }

  /** @returns {boolean} Whether the newest answers all say what is shown: no hurry to ask. */
  get settled() {
    const newest = this.#answers.slice(-LEAST_ANSWERS);
    return newest.length === LEAST_ANSWERS
      && newest.every(({ judgement }) => judgement.verdict === this.#shown.verdict);
  }

  /**
   * Take in an answer.
   * @param {Judgement} judgement
   * @param {number} now When the crop was taken, in seconds of the clock that `age` is told of.
   */
  add(judgement, now) {
    this.#answers.push({ at: now, judgement });
    if (this.#answers.length > MEMORY) { this.#answers.shift(); }
    this.#decide();
  }

  /**
   * Forget everything once the newest answer is too old.
   * @param {number} now Seconds.
   */
  age(now) {
    const newest = this.#answers.at(-1);
    if (newest && now - newest.at > this.#maxAge) {
      this.#answers = [];
      this.#shown = NOTHING_KNOWN;
    }
  }

  #decide() {
    const judgements = this.#answers.map(({ judgement }) => judgement);
    const newest = judgements.at(-1);
    const held = this.#shown.verdict;
    for (const verdict of new Set(judgements.map((judgement) => judgement.verdict).reverse())) {
      let wins = carries(verdict, judgements) && verdict !== UNCERTAIN;
      if (wins && held !== UNCERTAIN && held !== verdict) { wins = newest.verdict === verdict; }
      if (wins) {
        this.#shown = shownOf(verdict, judgements);
        return;
      }
    }
    const rising = new Set(judgements.map((judgement) => judgement.verdict));
    rising.delete(UNCERTAIN);
    const support = Math.max(...[held, ...rising].map((verdict) => share(verdict, judgements)));
    if (held === UNCERTAIN || support < LET_GO || share(held, judgements) === 0) {
      this.#shown = { ...NOTHING_KNOWN, reasons: newest.reasons };
    }
  }
}

function share(verdict, judgements) {
  return judgements.filter((judgement) => judgement.verdict === verdict).length / judgements.length;
}

function carries(verdict, judgements) {
  if (judgements.length < LEAST_ANSWERS || share(verdict, judgements) < AGREEMENT) { return false; }
  // "rejected" speaks of the picture; the label's probability has no part in it.
  return verdict === "rejected" || shownOf(verdict, judgements).confidence >= LEAST_CONFIDENCE;
}

function shownOf(verdict, judgements) {
  const behind = judgements.filter((judgement) => judgement.verdict === verdict);
  const newest = behind.at(-1);
  return { verdict, label: newest.label, confidence: mean(behind.map(sure)), reasons: newest.reasons };
}

/** How probable a verdict is, which both labels of a violation add to. */
function sure(judgement) {
  const labels = LABELS_BEHIND[judgement.verdict];
  if (!labels) { return judgement.confidence; }
  return labels.reduce((sum, label) => sum + (judgement.probabilities[label] ?? 0), 0);
}

/** The mean, freed of what a plain sum loses, which decides where a mean lies on the limit. */
function mean(values) {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return (sum + lost) / values.length;
}
