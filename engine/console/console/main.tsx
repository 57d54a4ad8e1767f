/* main.tsx: the dispatcher's console. */
import { render } from 'preact';
import { load_session, session } from '../lib/api';
import '../lib/theme';
import './console.css';

function Console() {
  return <main>{session.value?.name}</main>;
}

void load_session().catch(() => undefined);
const place = document.getElementById('app');
if (place) {
  render(<Console />, place);
}
