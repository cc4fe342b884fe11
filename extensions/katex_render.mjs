// Formulas in, HTML and MathML out: one JSON object a line on stdin, one answer a line on stdout.
// static_math.py starts this once a build; it ends when its input does.
import { createInterface } from "node:readline";
import katex from "katex";

// strict: what KaTeX takes and LaTeX does not is an error, since MathJax reads the same text
// in JupyterLab and on GitHub.
const options = { output: "htmlAndMathml", strict: "error", throwOnError: true, trust: false };

function answer({ tex, display }) {
  try {
    return { html: katex.renderToString(tex, { ...options, displayMode: display }) };
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
