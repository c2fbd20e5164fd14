import type { Session, SignInError } from "./client.js";

/** Who is signed in, as this page knows it. */
export interface SessionState {
  /** Null while nobody is signed in, and while it is not known. */
  readonly session: Session | null;
  /** Whether the backend has not answered yet. It is true on a server. */
  readonly loading: boolean;
  /** Why the backend could not be asked, or null. It is asked again when the window gets the focus. */
  readonly error: SignInError | null;
}
