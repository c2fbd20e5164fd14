/*! valetkey, MIT */
var I={signIn:"Sign in with {provider}",opened:"Continue in the new window.",unsure:"Is the window gone?",finishing:"Finishing…",leaving:"One moment…",reopen:"Open it again",cancel:"Cancel",continue:"Continue",cancelled:"Cancelled. You can try again.",denied:"Not signed in, as you chose.",network:"The server does not answer. Check your connection, then try again."},N={twitter:"X"},z="M18.2 2.25h3.3l-7.2 8.26 8.5 11.24h-6.7l-5.2-6.83-6 6.83H1.7l7.7-8.84L1.25 2.25h6.83l4.7 6.23zm-1.2 17.5h1.9L7.1 4.13h-2z",B=`
:host { display: inline-block; max-width: 100%; font: 1rem/1.4 system-ui, sans-serif }
button { font: inherit; min-height: 44px; cursor: pointer; border: 1px solid; border-radius: 99px; padding: 0 1.4em;
  color: inherit; background: none }
.main { display: inline-flex; align-items: center; justify-content: center; gap: .65em; max-width: 100%;
  font-weight: 650; border-color: transparent; background: #0f1419; color: #fff;
  background: light-dark(#0f1419, #fff); color: light-dark(#fff, #0f1419) }
button:hover { opacity: .87 }
:focus-visible { outline: 3px solid #1d9bf0; outline-offset: 2px }
svg { width: 1.1em; flex: none; fill: currentColor }
[aria-busy=true] svg { opacity: .5 }
@media (forced-colors: active) { .main { border-color: ButtonText } }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .6em; font-size: .9rem }
.line.says { margin-top: .6em }
p { margin: 0 }
[hidden] { display: none }`;function O(n,{signIn:s,logins:o,resumed:t,texts:T}){if(n.shadowRoot)return;let y=n.attachShadow({mode:"open",delegatesFocus:!0}),v=new CSSStyleSheet;v.replaceSync(B),y.adoptedStyleSheets=[v];let x=A("svg",{viewBox:"0 0 24 24","aria-hidden":!0,part:"mark"});x.append(A("path",{d:z}));let k=a("span","label"),c=a("button","button",x,k),f=a("p","status"),h=a("button","reopen"),d=a("button","cancel"),S=a("div","line",f,h,d);c.className="main",f.setAttribute("role","status"),y.append(c,S);let i=()=>n.getAttribute("provider")??"twitter",l,u,C;function g(){let e={...I,...T};k.textContent=e.signIn.replace("{provider}",N[i()]??i()),h.textContent=u==="interrupted"?e.continue:e.reopen,d.textContent=e.cancel,f.textContent=e[u]??C??"",S.className=f.textContent?"line says":"line",d.hidden=u!=="unsure",h.hidden=d.hidden&&u!=="interrupted",c.setAttribute("aria-busy",!!l)}function m(...e){[u,C]=e,g()}let w=(e,r)=>n.dispatchEvent(new CustomEvent(e,{detail:r,bubbles:!0,composed:!0}));function b(e){m(e),w("signinstate",e)}async function E(e){if(l!==e){l=e,g();try{let r=await e;l=void 0,m(),w("signin",r)}catch(r){l=void 0,m(r.code,r.message),w("signinerror",r)}}}let L=()=>E(s(i(),{onState:b,returnTo:n.getAttribute("return-to")??void 0}));c.onclick=h.onclick=L,d.onclick=()=>{c.focus(),o.get(i())?.cancel()},addEventListener("valetkey-texts",g),g();let p=o.get(i())??t.get(i());t.delete(i()),p&&(p.watchers.add(b),p.over||b(p.state),E(p.outcome))}function a(n,s,...o){let t=document.createElement(n);return t.part=s,t.append(...o),t}function A(n,s){let o=document.createElementNS("http://www.w3.org/2000/svg",n);for(let t in s)o.setAttribute(t,s[t]);return o}export{O as furnish};
