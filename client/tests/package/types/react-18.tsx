// React 18 does not.

import type {} from "valetkey/react";

// @ts-expect-error nothing would call it
export const deaf = <sign-in-button onsignin={() => {}} />;
