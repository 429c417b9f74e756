// The scripts every page has. Pages work without them; they make them nicer.
import './theme.js';
import './menu.js';
import './hover-play.js';
import './copy.js';
import './times.js';
import './clips.js';
import './live-sections.js';
import './load-more.js';
import './formulas.js';
