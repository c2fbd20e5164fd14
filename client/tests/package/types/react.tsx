// A React app. A line marked as an error must be one. It is checked with the types of React 18 and of React 19.

import { SignInError, configure, signIn, useSession, type Session } from "valetkey/react";
import { useSession as useToken } from "valetkey/token/react";

configure({ url: "https://api.example.com/auth", store: "session" });

export function Account() {
  const { session, loading, error } = useSession();
  if (loading) return null;
  if (error) return <p title={error.code}>{error.message}</p>;
  if (!session) return <sign-in-button provider="google" next="/home" return-to="/" width={500} height="700" className="big" />;
  return (
    <button onClick={() => signIn("google", { next: "" }).catch((reason: SignInError) => alert(reason.hint))}>
      {session.account.handle ?? session.account.name}
    </button>
  );
}

export const token: () => string | undefined = () => useToken().session?.token;

export const elements = (
  <>
    <sign-in-buttons next="/home" class="all" />
    <signed-in next="">
      <span slot="name" />
    </signed-in>
    <signed-out />
    <account-panel id="me" ref={(panel: HTMLElement | null) => panel?.focus()} />
  </>
);

// @ts-expect-error a provider is a name
export const wrong = <sign-in-button provider={1} />;
// @ts-expect-error there is no such element
export const unknown = <sign-in-butto />;
// @ts-expect-error it may be null
export const name = (session: Session) => useSession().session.account;
