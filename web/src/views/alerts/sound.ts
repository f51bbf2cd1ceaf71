// The sound of an alert: two short synthesized notes.

let audio: AudioContext | null = null;

export function beep(): void {
  // Browsers block sound, and log a warning, before the first user gesture.
  if (navigator.userActivation?.hasBeenActive === false) return;
  try {
    audio ??= new AudioContext();
    const { currentTime: now } = audio;
    [660, 880].forEach((frequency, at) => note(audio!, frequency, now + at * 0.14));
  } catch {
    // Without a sound card the alert is shown silently.
  }
}

function note(to: AudioContext, frequency: number, at: number): void {
  const tone = to.createOscillator();
  const volume = to.createGain();
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.12, at + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
  tone.connect(volume).connect(to.destination);
  tone.start(at);
  tone.stop(at + 0.32);
}
