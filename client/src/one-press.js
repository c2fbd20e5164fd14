/**
 * Let one press do one thing. Neither the second click of a double click nor Enter held down presses what has come in
 * the place of a button, or has got its focus.
 */
export function takeOnePress(container) {
  container.addEventListener("click", (event) => event.detail > 1 && event.stopPropagation(), true);
  container.addEventListener("keydown", (event) => event.repeat && event.key === "Enter" && event.preventDefault());
}
