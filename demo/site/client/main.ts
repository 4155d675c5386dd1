import { startCopying } from "./copy.ts";
import { startMenu } from "./menu.ts";
import { startPlaygrounds } from "./playground/play.ts";
import { startRecording } from "./recording.ts";
import { startSearch } from "./search.ts";
import { startTheme } from "./theme.ts";

startTheme();
startMenu();
startSearch();
startPlaygrounds();
startCopying();
startRecording();
