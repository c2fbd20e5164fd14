/*! valetkey, MIT */
var F=5e3,P,I=n=>P??=fetch(new URL("providers",n),{signal:AbortSignal.timeout(F)}).then(o=>o.json()).then(({providers:o,protocol:i})=>{let t=[...o];return t}).catch(()=>{P=void 0});var R={signIn:"Sign in with {provider}",opened:"Continue in the new window.",unsure:"Is the window gone?",finishing:"Finishing…",leaving:"One moment…",reopen:"Open it again",cancel:"Cancel",continue:"Continue",cancelled:"Cancelled. You can try again.",denied:"Not signed in, as you chose.",network:"The server does not answer. Check your connection, then try again."},j="…",D=`
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
[hidden] { display: none }`;function W(n,{signIn:o,attempts:i,resumed:t,texts:h,base:U}){if(n.shadowRoot)return;let C=n.attachShadow({mode:"open",delegatesFocus:!0}),w=new CSSStyleSheet;w.replaceSync(D),C.adoptedStyleSheets=[w];let y=O("svg",{viewBox:"0 0 24 24","aria-hidden":!0,part:"mark"}),S=O("path",{});y.append(S);let A=d("span","label"),a=d("button","button",y,A),m=d("p","status"),b=d("button","reopen"),l=d("button","cancel"),E=d("div","line",m,b,l);a.className="main",m.setAttribute("role","status"),C.append(a,E);let s=()=>n.getAttribute("provider")??"twitter",c,u,p,T;function f(){let e={...R,...h};A.textContent=e.signIn.replace("{provider}",()=>c?c.title??s():j),b.textContent=p==="interrupted"?e.continue:e.reopen,l.textContent=e.cancel,m.textContent=e[p]??T??"",E.className=m.textContent?"line says":"line",l.hidden=p!=="unsure",b.hidden=l.hidden&&p!=="interrupted",a.setAttribute("aria-busy",!!u)}async function N(){c=(await I(U()))?.find(({name:r})=>r===s())??{},S.setAttribute("d",c.icon??""),y.toggleAttribute("hidden",!c.icon),c.colors&&M(w.cssRules[0].style,c.colors),a.classList.add("known"),f()}function v(e,r){p=e,T=r,f()}let x=(e,r)=>n.dispatchEvent(new CustomEvent(e,{detail:r,bubbles:!0,composed:!0}));function k(e){v(e),x("signinstate",e)}async function L(e){if(u!==e){u=e,f();try{let r=await e;u=void 0,v(),x("signin",r)}catch(r){u=void 0,v(r.code,r.message),x("signinerror",r)}}}function B(){L(o(s(),{onState:k,returnTo:n.getAttribute("return-to")??void 0})),N()}a.onclick=b.onclick=B,l.onclick=()=>{a.focus(),i.get(s())?.cancel()},addEventListener("valetkey-texts",f),f(),N();let g=i.get(s())??t.get(s());t.delete(s()),g&&(g.stateListeners.add(k),g.settled||k(g.state),L(g.promise))}function M(n,{light:o,dark:i}){for(let[t,h]of["backgroundColor","color"].entries())n[h]=o[t],n[h]=`light-dark(${o[t]}, ${i[t]})`}function d(n,o,...i){let t=document.createElement(n);return t.part=o,t.append(...i),t}function O(n,o){let i=document.createElementNS("http://www.w3.org/2000/svg",n);for(let t in o)i.setAttribute(t,o[t]);return i}export{W as render};
