// Templates that nobody filled in.
#ifndef LEVEE_SERVER_TEXT_BLANK_FORM_H_
#define LEVEE_SERVER_TEXT_BLANK_FORM_H_

#include "server/text/fillers.h"
#include "server/text/latin.h"
#include "server/text/normalise.h"

namespace levee::text {

// Whether all of the message's lines are labels with nothing behind them
// ("Domain:", "IP: n/a") or prompts ("[describe your issue here]",
// 请在此描述您的问题), and at least one says so clearly. A subject may be empty
// or made of fillers. Linear; most messages are told by their first line.
bool IsBlankForm(const Normalised& message, const Fillers& fillers,
                 const LatinModel& latin);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_BLANK_FORM_H_
