/*! valetkey, MIT */
var v=`
:host([hidden]), [hidden] { display: none !important }
p { margin: 0 }
a { color: inherit }
button { box-sizing: border-box; font: inherit; min-height: 44px; cursor: pointer; border: 1px solid;
  border-radius: 22px; padding: .4em 1.4em; color: inherit; background: none }
button:not([aria-busy=true]):hover { opacity: .87 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
.error { color: #b3261e; color: light-dark(#b3261e, #ff9a90) }`;function b(t,e,o){let n=t.shadowRoot??t.attachShadow({mode:"open",...o}),r=new CSSStyleSheet;return r.replaceSync(e+v),n.adoptedStyleSheets=[r],r}function m(t){let e=new WeakMap;return(o,n)=>{e.has(o)||e.set(o,t(o,n));let r=e.get(o);addEventListener("valetkey-texts",r),o.disconnect=()=>removeEventListener("valetkey-texts",r),r()}}function p(t,e,...o){let n=document.createElement(t);return e&&(n.part=e),n.append(...o),n}function g(t,e){t.textContent=e||"",t.hidden=!e}var w=5e3,x=t=>t.providers??=fetch(new URL("providers",t),{signal:AbortSignal.timeout(w)}).then(e=>e.json()).then(({providers:e,protocol:o})=>{let n=[...e];return n}).catch(()=>{t.providers=void 0});var A={retry:"Try again",notListed:"The ways to sign in could not be loaded.",noneListed:"There is no way to sign in."},S=`
:host { display: inline-grid; grid-template-columns: minmax(0, 17rem); gap: .75rem; vertical-align: top; max-width: 100%;
  min-height: 44px; font: 1rem/1.4 system-ui, sans-serif }
sign-in-button::part(button) { width: 100% }
button { justify-self: start }
`,E="button, mark, label, line, status, link, reopen, here, cancel",T=["next","return-to","width","height"],F=m((t,{texts:e,base:o})=>{b(t,S,{delegatesFocus:!0});let n=t.shadowRoot,r=p("p","status"),d=p("button","retry");r.setAttribute("role","status"),n.append(r,d);let s=[],a;function l(){let i={...A,...e},u=a===!1&&!s.length;r.textContent=a?i.notListed:u?i.noneListed:"",r.className=a?"error":"none",g(d,a&&i.retry);for(let f of s)for(let c of T)t.hasAttribute(c)?f.setAttribute(c,t.getAttribute(c)):f.removeAttribute(c)}async function h(){let i=await x(o());a=!i,i&&(s=i.map(({name:u})=>k(u)),n.append(...s),n.activeElement&&y(s[0])),l()}return d.onclick=h,h(),l});function y(t){t?.shadowRoot?t.focus():t?.isConnected&&requestAnimationFrame(()=>y(t))}function k(t){let e=document.createElement("sign-in-button");return e.setAttribute("provider",t),e.setAttribute("exportparts",E),e}export{F as render};
