/*! valetkey, MIT */
function e(n,s){addEventListener("message",i=>i.origin===s&&n(i))}export{e as listenCrossOrigin};
