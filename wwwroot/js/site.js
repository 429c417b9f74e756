// The scripts every page has. Pages work without them; they make them nicer.
import './theme.js';
import './hover-play.js';
import './menu.js';
import './live-sections.js';
