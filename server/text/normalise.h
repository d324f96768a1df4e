// One reading of a message for all that judges its words: folded points, where
// they came from, what kind of text they are, and the words.
//
// What writers do to hide a word is undone here, once: case, width, style and
// marks, look-alikes of other scripts, invisible characters, separators and
// spaces within a word, digits for letters. What is no language (code, logs,
// addresses, keys) or not the writer's own (quotes, signatures) is set apart.
#ifndef LEVEE_SERVER_TEXT_NORMALISE_H_
#define LEVEE_SERVER_TEXT_NORMALISE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace levee::text {

// What a point is.
enum class PointClass : uint8_t {
  kSpace,
  kLineEnd,
  kLatin,
  kHan,
  // A letter of any other script.
  kLetter,
  kDigit,
  // Ends a sentence, in any script: . ! ? ...
  kStop,
  // Parts a sentence: , ; : ( ) quotes ...
  kPause,
  kSymbol,
  kEmoji,
};

// What kind of text a point stands in.
enum class Place : uint8_t {
  // The writer's own words. Only these are judged.
  kWords,
  // Code, logs, traces, hashes, keys, addresses, names of hosts and files,
  // headers of e-mails.
  kTechnical,
  // A link, as CountLinks finds them.
  kLink,
  // Quoted from an earlier message.
  kQuoted,
  kSignature,
};

// A code point after folding.
struct Point {
  char32_t value = 0;
  // Where it came from: offset in bytes of the subject or the body. Several
  // points may come from one place.
  uint32_t begin = 0;
  PointClass what = PointClass::kSpace;
  Place place = Place::kWords;
  // Its folding undid more than case and width: a look-alike, a styled letter,
  // marks heaped on it, something invisible before it.
  bool disguised = false;
};

enum class WordKind : uint8_t {
  // Letters of Latin script, as NFKC_Casefold leaves them (ä stays ä;
  // FoldTable::Bare takes its marks off); an inner apostrophe or hyphen is left
  // out ("you're": "youre"). A word that is spelled out ("f u c k", "s.h.i.t")
  // is one and disguised; what else stands alone beside it belongs to it
  // ("a f u c k": "afuck"), and an abbreviation looks alike ("u.s.a.").
  kLatin,
  // An unbroken run of Han. Signs that only hide ("傻*逼"), and what separates
  // single characters ("傻 逼"), are undone; honest spaces and signs end it.
  kHan,
  // Letters of another script.
  kLetters,
  // Latin letters with digits or signs that stand for letters ("1d10t",
  // "b!tch", "f**k"): `letters` has the letters they stand for, '*' where any
  // may; 2 and 6 stay. "vps1" and "500mb" are such words too, but not
  // disguised: no digit stands between letters. ("k8s" is.)
  kMixed,
  // Digits, with what may stand between them (1,000.50).
  kNumber,
  kEmoji,
  // The end of a sentence or a line; consecutive ones are one.
  kStop,
  // A comma or the like, or a sign; consecutive ones are one, and a stop among
  // them makes a stop of them.
  kPause,
  // One run of what is not the writer's own words.
  kOther,
};

// A word, or what stands between words.
struct Word {
  // Its points: [first, last) of Normalised.points.
  uint32_t first = 0;
  uint32_t last = 0;
  // What it says: [begin, end) of Normalised.letters. Empty for kStop, kPause
  // and kOther. Where separators inside the word were undone, they are left
  // out.
  uint32_t begin = 0;
  uint32_t end = 0;
  // HashOf its letters (key_table.h); 0 where it has none, and for kHan and
  // kEmoji, which are read letter by letter.
  uint64_t hash = 0;
  WordKind kind = WordKind::kOther;
  // Something was undone that hides a word: separators, look-alikes, digits.
  bool disguised = false;
};

// A part of a text that is not the writer's own words, in bytes.
struct Region {
  uint32_t begin = 0;
  uint32_t end = 0;
  Place place = Place::kTechnical;
};

// A part of subject or body, in bytes.
struct Span {
  bool subject = false;
  uint32_t begin = 0;
  uint32_t end = 0;
};

// Owned by its thread and used again: what Normalise reuses keeps its memory.
struct Normalised {
  // The subject's points, a line end, and the body's.
  std::vector<Point> points;
  // Where the body's begin.
  uint32_t body_first = 0;
  std::vector<char32_t> letters;
  std::vector<Word> words;
  // The sizes in bytes of what was read of each.
  uint32_t subject_size = 0;
  uint32_t body_size = 0;
  // Points that stand in the writer's own words, other than white space, by
  // class.
  uint32_t counts[10] = {};
  // Normalise's own.
  std::vector<Region> regions;

  // The bytes that points [first, last) came from, with what was dropped behind
  // each. Where they cross from the
  // subject into the body, what lies in the body.
  // REQUIRES: first < last <= points.size().
  Span SpanOf(uint32_t first, uint32_t last) const;
};

// Reads a message into `normalised`. Linear in its length: marks, controls and
// separators are bounded wherever they are looked past. Of each part the first
// kScanBytesMax bytes are read.
// REQUIRES: both are well-formed UTF-8.
void Normalise(std::string_view subject, std::string_view body,
               Normalised* normalised);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_NORMALISE_H_
