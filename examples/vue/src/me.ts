export interface Answer {
  status: number | "no answer";
  text: string;
}

/** Call the backend's protected route. The browser sends the session's cookie along. The page holds no token. */
export async function callMe(): Promise<Answer> {
  try {
    const answer = await fetch("/api/me", { headers: { accept: "application/json" } });
    const body: unknown = await answer.json();
    return { status: answer.status, text: JSON.stringify(body, null, 2) };
  } catch {
    return { status: "no answer", text: "The backend does not answer." };
  }
}
