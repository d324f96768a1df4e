// The files of server/text/models, linked in as they are.
//
// LEVEE_TEXT_MODELS is their folder; server/text/CMakeLists.txt gives it, and
// rebuilds this where one of them changes.
#include <cstddef>

#include "server/text/insult.h"
#include "server/text/model_file.h"

// The bytes of a file as levee_text_NAME_begin to levee_text_NAME_end. Clang
// and GCC alike put this into the object as it stands; nothing reads the file
// when the program runs. `file`: its name in the folder.
#define LEVEE_TEXT_FILE(name, file)                \
  __asm__(                                         \
      ".section .rodata\n"                         \
      ".balign 8\n"                                \
      ".global levee_text_" #name                  \
      "_begin\n"                                   \
      "levee_text_" #name                          \
      "_begin:\n"                                  \
      ".incbin \"" LEVEE_TEXT_MODELS "/" file      \
      "\"\n"                                       \
      ".global levee_text_" #name                  \
      "_end\n"                                     \
      "levee_text_" #name                          \
      "_end:\n"                                    \
      ".balign 8\n"                                \
      ".text\n");                                  \
  extern "C" const char levee_text_##name##_begin; \
  extern "C" const char levee_text_##name##_end
#define LEVEE_TEXT_MODEL(name) LEVEE_TEXT_FILE(name, #name ".model")

LEVEE_TEXT_MODEL(fold);
LEVEE_TEXT_MODEL(han);
LEVEE_TEXT_MODEL(latin);
LEVEE_TEXT_MODEL(domains);
LEVEE_TEXT_FILE(promotion_lexicon, "promotion.lexicon");
LEVEE_TEXT_MODEL(promotion);
LEVEE_TEXT_FILE(auto_subject, "auto_subject.lexicon");
LEVEE_TEXT_FILE(auto_body, "auto_body.lexicon");
LEVEE_TEXT_MODEL(insult);
LEVEE_TEXT_FILE(insult_en, "insult.en.lexicon");
LEVEE_TEXT_FILE(insult_zh, "insult.zh.lexicon");

namespace levee::text {
namespace {

std::string_view Between(const char& begin, const char& end) {
  return {&begin, static_cast<size_t>(&end - &begin)};
}

}  // namespace

std::string_view FoldFile() {
  return Between(levee_text_fold_begin, levee_text_fold_end);
}

std::string_view DomainsFile() {
  return Between(levee_text_domains_begin, levee_text_domains_end);
}

std::string_view AutoSubjectLexicon() {
  return Between(levee_text_auto_subject_begin, levee_text_auto_subject_end);
}

std::string_view AutoBodyLexicon() {
  return Between(levee_text_auto_body_begin, levee_text_auto_body_end);
}

std::string_view PromotionFile() {
  return Between(levee_text_promotion_begin, levee_text_promotion_end);
}

std::string_view PromotionLexicon() {
  return Between(levee_text_promotion_lexicon_begin,
                 levee_text_promotion_lexicon_end);
}

std::string_view InsultFile() {
  return Between(levee_text_insult_begin, levee_text_insult_end);
}

LexiconText EnglishLexicon() {
  return {"insult.en.lexicon",
          Between(levee_text_insult_en_begin, levee_text_insult_en_end)};
}

LexiconText ChineseLexicon() {
  return {"insult.zh.lexicon",
          Between(levee_text_insult_zh_begin, levee_text_insult_zh_end)};
}

std::string_view LatinFile() {
  return Between(levee_text_latin_begin, levee_text_latin_end);
}

std::string_view HanFile() {
  return Between(levee_text_han_begin, levee_text_han_end);
}

}  // namespace levee::text
