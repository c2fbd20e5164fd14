/*! valetkey, MIT */
var O={signIn:"Sign in with {provider}",opened:"Continue in the new window.",unsure:"Is the window gone?",finishing:"Finishing…",leaving:"One moment…",reopen:"Open it again",cancel:"Cancel",continue:"Continue",cancelled:"Cancelled. You can try again.",denied:"Not signed in, as you chose.",network:"The server does not answer. Check your connection, then try again."},D="…",R=`
.known { background-color: #0f1419; background-color: light-dark(#0f1419, #fff);
  color: #fff; color: light-dark(#fff, #0f1419);
  border-color: transparent; border-color: color-mix(in srgb, currentColor 25%, transparent) }
:host { display: inline-block; max-width: 100%; font: 1rem/1.4 system-ui, sans-serif }
button { font: inherit; min-height: 44px; cursor: pointer; border: 1px solid; border-radius: 99px; padding: .4em 1.4em;
  color: inherit; background: none }
.main { display: inline-flex; align-items: center; justify-content: center; gap: .65em; max-width: 100%;
  font-weight: 650 }
button:hover { opacity: .87 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
svg { width: 1.1em; flex: none; fill: currentColor }
[aria-busy=true] svg { opacity: .5 }
@media (forced-colors: active) { .main { border-color: ButtonText } }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .6em; font-size: .9rem }
.line.says { margin-top: .6em }
p { margin: 0 }
[hidden] { display: none }`;function Y(n,{signIn:i,attempts:r,resumed:t,texts:h,loadProviders:F}){if(n.shadowRoot)return;let C=n.attachShadow({mode:"open",delegatesFocus:!0}),w=new CSSStyleSheet;w.replaceSync(R),C.adoptedStyleSheets=[w];let y=B("svg",{viewBox:"0 0 24 24","aria-hidden":!0,part:"mark"}),S=B("path",{});y.append(S);let A=d("span","label"),c=d("button","button",y,A),m=d("p","status"),b=d("button","reopen"),l=d("button","cancel"),E=d("div","line",m,b,l);c.className="main",m.setAttribute("role","status"),C.append(c,E);let s=()=>n.getAttribute("provider")??"twitter",a,u,p,N;function f(){let e={...O,...h};A.textContent=e.signIn.replace("{provider}",()=>a?a.title??s():D),b.textContent=p==="interrupted"?e.continue:e.reopen,l.textContent=e.cancel,m.textContent=e[p]??N??"",E.className=m.textContent?"line says":"line",l.hidden=p!=="unsure",b.hidden=l.hidden&&p!=="interrupted",c.setAttribute("aria-busy",!!u)}async function T(){a=(await F())?.find(({name:o})=>o===s())??{},S.setAttribute("d",a.icon??""),y.toggleAttribute("hidden",!a.icon),a.colors&&U(w.cssRules[0].style,a.colors),c.classList.add("known"),f()}function x(e,o){p=e,N=o,f()}let k=(e,o)=>n.dispatchEvent(new CustomEvent(e,{detail:o,bubbles:!0,composed:!0}));function v(e){x(e),k("signinstate",e)}async function L(e){if(u!==e){u=e,f();try{let o=await e;u=void 0,x(),k("signin",o)}catch(o){u=void 0,x(o.code,o.message),k("signinerror",o)}}}function I(){L(i(s(),{onState:v,returnTo:n.getAttribute("return-to")??void 0})),T()}c.onclick=b.onclick=I,l.onclick=()=>{c.focus(),r.get(s())?.cancel()},addEventListener("valetkey-texts",f),f(),T();let g=r.get(s())??t.get(s());t.delete(s()),g&&(g.stateListeners.add(v),g.settled||v(g.state),L(g.promise))}function U(n,{light:i,dark:r}){for(let[t,h]of["backgroundColor","color"].entries())n[h]=i[t],n[h]=`light-dark(${i[t]}, ${r[t]})`}function d(n,i,...r){let t=document.createElement(n);return t.part=i,t.append(...r),t}function B(n,i){let r=document.createElementNS("http://www.w3.org/2000/svg",n);for(let t in i)r.setAttribute(t,i[t]);return r}export{Y as render};
