import { SignInCard } from "./sign-in-card";

export default function Page() {
  return (
    <main>
      <div>
        <p className="stack">Next and FastAPI</p>
        <h1>Sign in, and stay on the page</h1>
      </div>
      <SignInCard />
    </main>
  );
}
