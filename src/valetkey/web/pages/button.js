/*! valetkey, MIT: built from client/src */
var L={signIn:"Sign in with {provider}",opened:"Continue in the new window.",unsure:"Is the window gone?",finishing:"Finishing…",leaving:"One moment…",reopen:"Open it again",cancel:"Cancel",cancelled:"Cancelled. You can try again.",denied:"Not signed in, as you chose.",network:"The server does not answer. Check your connection, then try again."},I={twitter:"X"},N="M18.2 2.25h3.3l-7.2 8.26 8.5 11.24h-6.7l-5.2-6.83-6 6.83H1.7l7.7-8.84L1.25 2.25h6.83l4.7 6.23zm-1.2 17.5h1.9L7.1 4.13h-2z",z=`
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
[hidden] { display: none }`;function B(n,{signIn:r,logins:o,texts:t}){if(n.shadowRoot)return;let y=n.attachShadow({mode:"open",delegatesFocus:!0}),x=new CSSStyleSheet;x.replaceSync(z),y.adoptedStyleSheets=[x];let v=A("svg",{viewBox:"0 0 24 24","aria-hidden":!0,part:"mark"});v.append(A("path",{d:N}));let k=s("span","label"),a=s("button","button",v,k),l=s("p","status"),u=s("button","reopen"),p=s("button","cancel"),S=s("div","line",l,u,p);a.className="main",l.setAttribute("role","status"),y.append(a,S);let c=()=>n.getAttribute("provider")??"twitter",d,g,C;function f(){let e={...L,...t};k.textContent=e.signIn.replace("{provider}",I[c()]??c()),u.textContent=e.reopen,p.textContent=e.cancel,l.textContent=e[g]??C??"",S.className=l.textContent?"line says":"line",u.hidden=p.hidden=g!=="unsure",a.setAttribute("aria-busy",!!d)}function m(...e){[g,C]=e,f()}let w=(e,i)=>n.dispatchEvent(new CustomEvent(e,{detail:i,bubbles:!0,composed:!0}));function b(e){m(e),w("signinstate",e)}async function E(e){if(d!==e){d=e,f();try{let i=await e;d=void 0,m(),w("signin",i)}catch(i){d=void 0,m(i.code,i.message),w("signinerror",i)}}}let T=()=>E(r(c(),{onState:b,returnTo:n.getAttribute("return-to")??void 0}));a.onclick=u.onclick=T,p.onclick=()=>{a.focus(),o.get(c())?.cancel()},addEventListener("valetkey-texts",f),f();let h=o.get(c());h&&(h.watchers.add(b),b(h.state),E(h.outcome))}function s(n,r,...o){let t=document.createElement(n);return t.part=r,t.append(...o),t}function A(n,r){let o=document.createElementNS("http://www.w3.org/2000/svg",n);for(let t in r)o.setAttribute(t,r[t]);return o}export{B as furnish};
