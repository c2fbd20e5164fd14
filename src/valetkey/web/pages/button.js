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
[hidden] { display: none }`;function F(t,{signIn:s,attempts:i,resumed:n,texts:A}){if(t.shadowRoot)return;let y=t.attachShadow({mode:"open",delegatesFocus:!0}),v=new CSSStyleSheet;v.replaceSync(B),y.adoptedStyleSheets=[v];let x=T("svg",{viewBox:"0 0 24 24","aria-hidden":!0,part:"mark"});x.append(T("path",{d:z}));let k=a("span","label"),c=a("button","button",x,k),f=a("p","status"),g=a("button","reopen"),d=a("button","cancel"),S=a("div","line",f,g,d);c.className="main",f.setAttribute("role","status"),y.append(c,S);let r=()=>t.getAttribute("provider")??"twitter",l,u,C;function h(){let e={...I,...A};k.textContent=e.signIn.replace("{provider}",N[r()]??r()),g.textContent=u==="interrupted"?e.continue:e.reopen,d.textContent=e.cancel,f.textContent=e[u]??C??"",S.className=f.textContent?"line says":"line",d.hidden=u!=="unsure",g.hidden=d.hidden&&u!=="interrupted",c.setAttribute("aria-busy",!!l)}function m(e,o){u=e,C=o,h()}let b=(e,o)=>t.dispatchEvent(new CustomEvent(e,{detail:o,bubbles:!0,composed:!0}));function w(e){m(e),b("signinstate",e)}async function E(e){if(l!==e){l=e,h();try{let o=await e;l=void 0,m(),b("signin",o)}catch(o){l=void 0,m(o.code,o.message),b("signinerror",o)}}}let L=()=>E(s(r(),{onState:w,returnTo:t.getAttribute("return-to")??void 0}));c.onclick=g.onclick=L,d.onclick=()=>{c.focus(),i.get(r())?.cancel()},addEventListener("valetkey-texts",h),h();let p=i.get(r())??n.get(r());n.delete(r()),p&&(p.stateListeners.add(w),p.settled||w(p.state),E(p.promise))}function a(t,s,...i){let n=document.createElement(t);return n.part=s,n.append(...i),n}function T(t,s){let i=document.createElementNS("http://www.w3.org/2000/svg",t);for(let n in s)i.setAttribute(n,s[n]);return i}export{F as render};
