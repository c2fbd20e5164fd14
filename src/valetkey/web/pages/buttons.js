/*! valetkey, MIT */
var A=`
:host([hidden]), [hidden] { display: none !important }
svg { width: 1.1em; flex: none; fill: currentColor; fill-rule: evenodd }
[role=status] { display: inline-flex; gap: .45em; margin: 0 }
a { color: inherit }
button { box-sizing: border-box; font: inherit; min-height: 44px; cursor: pointer; border: 1px solid;
  border-radius: 22px; padding: .4em 1.4em; color: inherit; background: none }
button:hover { opacity: .87 }
button[aria-busy=true] { cursor: progress; opacity: 1 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
.error { color: #b3261e; color: light-dark(#b3261e, #ff9a90) }`,T="M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zM11 6h2v8h-2zm0 10h2v2h-2z";function x(e,t,o){let n=e.shadowRoot??e.attachShadow({mode:"open",...o}),r=new CSSStyleSheet;return r.replaceSync(t+A),n.adoptedStyleSheets=[r],r}function g(e){let t=new WeakMap;return(o,n)=>{t.has(o)||t.set(o,e(o,n));let r=t.get(o);addEventListener("valetkey-texts",r),o.disconnect=()=>removeEventListener("valetkey-texts",r),r()}}function u(e,t,...o){let n=document.createElement(e);return t&&(n.part=t),n.append(...o),n}function E(e){let[t,o]=["svg","path"].map(n=>document.createElementNS("http://www.w3.org/2000/svg",n));return t.setAttribute("viewBox","0 0 24 24"),t.setAttribute("aria-hidden",!0),e&&t.setAttribute("part",e),t.append(o),t}function L(e,t){e.firstChild.setAttribute("d",t||""),e.toggleAttribute("hidden",!t)}function v(e="p"){let t=E(),o=u("span"),n=u(e,"status",t,o);return n.setAttribute("role","status"),[n,(l,i)=>{L(t,i&&T),o.textContent=l,n.className=i?"error":""}]}function w(e,t){e.textContent=t||"",e.hidden=!t}var k=5e3,y=e=>e.providers??=fetch(new URL("providers",e),{signal:AbortSignal.timeout(k)}).then(t=>t.json()).then(({providers:t,protocol:o,sandbox:n})=>{let r=[...t];return r.sandbox=n,r}).catch(()=>{e.providers=void 0});var R={retry:"Try again",notListed:"The ways to sign in could not be loaded.",noneListed:"There is no way to sign in."},P=`
:host { display: inline-grid; grid: auto / minmax(0, 20rem); gap: .75rem; vertical-align: middle;
  max-width: 100%; min-height: 44px; font: 1rem/1.4 system-ui, sans-serif }
sign-in-button::part(button) { width: 100% }
button { justify-self: start }
`,C="button, mark, label, line, status, link, reopen, here, cancel",M=["next","return-to","width","height"],j=g((e,{texts:t,base:o})=>{x(e,P,{delegatesFocus:!0});let n=e.shadowRoot,[r,l]=v(),i=u("button","retry");n.append(r,i);let a=[],s;function h(){let c={...R,...t},d=s===null;l(d?c.notListed:!s||a[0]?s?.sandbox&&"Sandbox":c.noneListed,d),r.style.position=r.textContent?"":"absolute",w(i,d&&c.retry);for(let b of a)for(let p of M){let m=e.getAttribute(p);m==null?b.removeAttribute(p):b.setAttribute(p,m)}}async function f(){let c=await y(o());s||(s=c??null,s&&(a=s.map(({name:d})=>z(d)),r.before(...a),n.activeElement&&S(a[0])),h())}return i.onclick=f,f(),h});function S(e){e?.shadowRoot?e.focus():e?.isConnected&&requestAnimationFrame(()=>S(e))}function z(e){let t=document.createElement("sign-in-button");return t.setAttribute("provider",e),t.setAttribute("exportparts",C),t}export{j as render};
