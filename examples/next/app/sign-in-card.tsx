"use client";

import { useEffect, useState } from "react";
import { type Account, type SignInError, signOut, useSession } from "valetkey/react";

import { type Answer, callMe } from "./me";

export function SignInCard() {
  const { session, loading, error } = useSession();
  return (
    <>
      {error && <Problem error={error} />}
      <section className="card">{session ? <Who account={session.account} /> : <Choices loading={loading} />}</section>
      <ProtectedCall account={session?.account.id} />
    </>
  );
}

function Choices({ loading }: { loading: boolean }) {
  return (
    <div className="choices" aria-busy={loading}>
      <sign-in-buttons />
    </div>
  );
}

function Who({ account: { name, handle, picture } }: { account: Account }) {
  const [error, setError] = useState<SignInError>();
  return (
    <>
      <div className="who">
        {picture ? <img src={picture} alt="" /> : <i aria-hidden="true">{(name ?? handle ?? "?")[0]}</i>}
        <div>
          <h2>{name ?? "Signed in"}</h2>
          {handle && <p className="quiet">@{handle}</p>}
        </div>
        <button onClick={() => signOut().catch(setError)}>Sign out</button>
      </div>
      {error && <Problem error={error} />}
    </>
  );
}

function Problem({ error }: { error: SignInError }) {
  return (
    <div className="problem" role="alert">
      <strong>{error.message}</strong>
      <p className="quiet">
        The code is <code>{error.code}</code>.
      </p>
    </div>
  );
}

/** Calls the backend again whenever another account, or nobody, is signed in. */
function ProtectedCall({ account }: { account: string | undefined }) {
  const [answer, setAnswer] = useState<Answer>();
  const [calls, setCalls] = useState(0);
  useEffect(() => {
    let current = true;
    callMe().then((found) => current && setAnswer(found));
    return () => {
      current = false;
    };
  }, [account, calls]);
  return (
    <section className="card call">
      <header>
        <h2>
          <code>GET /api/me</code>
        </h2>
        <span className="status" data-status={answer?.status}>
          {answer?.status}
        </span>
      </header>
      <pre tabIndex={0} aria-label="Answer of GET /api/me">
        {answer?.text}
      </pre>
      <button onClick={() => setCalls(calls + 1)}>Call it again</button>
    </section>
  );
}
