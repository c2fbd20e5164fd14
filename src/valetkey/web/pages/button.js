/*! valetkey, MIT */
var I,O=t=>I??=fetch(new URL("providers",t),{signal:AbortSignal.timeout(5e3)}).then(n=>n.json()).then(({providers:n})=>[...n]).catch(()=>{I=void 0});var F={signIn:"Sign in with {provider}",opened:"Continue in the new window.",unsure:"Is the window gone?",finishing:"Finishing…",leaving:"One moment…",reopen:"Open it again",cancel:"Cancel",continue:"Continue",cancelled:"Cancelled. You can try again.",denied:"Not signed in, as you chose.",network:"The server does not answer. Check your connection, then try again."},P="…",R=`
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
[hidden] { display: none }`;function Y(t,{signIn:n,attempts:r,resumed:o,texts:h,base:M}){if(t.shadowRoot)return;let C=t.attachShadow({mode:"open",delegatesFocus:!0}),w=new CSSStyleSheet;w.replaceSync(R),C.adoptedStyleSheets=[w];let y=U("svg",{viewBox:"0 0 24 24","aria-hidden":!0,part:"mark"}),S=U("path",{});y.append(S);let T=d("span","label"),c=d("button","button",y,T),m=d("p","status"),b=d("button","reopen"),l=d("button","cancel"),E=d("div","line",m,b,l);c.className="main",m.setAttribute("role","status"),C.append(c,E);let s=()=>t.getAttribute("provider")??"twitter",a,u,p,A;function f(){let e={...F,...h};T.textContent=e.signIn.replace("{provider}",()=>a?a.title??s():P),b.textContent=p==="interrupted"?e.continue:e.reopen,l.textContent=e.cancel,m.textContent=e[p]??A??"",E.className=m.textContent?"line says":"line",l.hidden=p!=="unsure",b.hidden=l.hidden&&p!=="interrupted",c.setAttribute("aria-busy",!!u)}async function N(){a=(await O(M()))?.find(({name:i})=>i===s())??{},S.setAttribute("d",a.icon??""),y.toggleAttribute("hidden",!a.icon),a.colors&&_(w.cssRules[0].style,a.colors),c.classList.add("known"),f()}function v(e,i){p=e,A=i,f()}let x=(e,i)=>t.dispatchEvent(new CustomEvent(e,{detail:i,bubbles:!0,composed:!0}));function k(e){v(e),x("signinstate",e)}async function L(e){if(u!==e){u=e,f();try{let i=await e;u=void 0,v(),x("signin",i)}catch(i){u=void 0,v(i.code,i.message),x("signinerror",i)}}}function B(){L(n(s(),{onState:k,returnTo:t.getAttribute("return-to")??void 0})),N()}c.onclick=b.onclick=B,l.onclick=()=>{c.focus(),r.get(s())?.cancel()},addEventListener("valetkey-texts",f),f(),N();let g=r.get(s())??o.get(s());o.delete(s()),g&&(g.stateListeners.add(k),g.settled||k(g.state),L(g.promise))}function _(t,{light:n,dark:r}){for(let[o,h]of["backgroundColor","color"].entries())t[h]=n[o],t[h]=`light-dark(${n[o]}, ${r[o]})`}function d(t,n,...r){let o=document.createElement(t);return o.part=n,o.append(...r),o}function U(t,n){let r=document.createElementNS("http://www.w3.org/2000/svg",t);for(let o in n)r.setAttribute(o,n[o]);return r}export{Y as render};
