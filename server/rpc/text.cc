// TextService: what the text models see in a message.
#include <memory>
#include <utility>

#include "levee/v1/text_service.grpc.pb.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/text/facts.h"
#include "server/text/thresholds.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

constexpr size_t kWordsBytesMax = 4 << 10;
constexpr uint32_t kThousand = 1000;

using Base = BlockingService<v1::TextService::WithRawCallbackMethod_ExamineText<
                                 v1::TextService::Service>,
                             v1::ROLE_OPERATOR>;

v1::TicketEvent EventOf(const v1::ExamineTextRequest& request) {
  v1::TicketEvent event;
  event.set_kind(request.kind() == v1::EVENT_KIND_UNSPECIFIED
                     ? v1::EVENT_KIND_OPENED
                     : request.kind());
  event.set_actor(v1::ACTOR_CUSTOMER);
  event.set_subject(request.subject());
  event.set_body(request.body());
  event.mutable_source()->set_email(request.email());
  *event.mutable_own_domains() = request.own_domains();
  *event.mutable_mail_headers() = request.mail_headers();
  return event;
}

class TextService final : public Base {
 public:
  explicit TextService(const Parts& parts) : Base(parts) {}

  grpc::ServerUnaryReactor* ExamineText(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Start<v1::ExamineTextRequest, v1::ExamineTextResponse>(
        context, request, response, [](auto* call) {
          const v1::TicketEvent event = EventOf(call->request());
          v1::ExamineTextResponse* const told = call->response();
          text::Tell(text::Examine(event).facts, told->mutable_facts());
          told->set_words(text::WordsOf(event, kWordsBytesMax));
          v1::TextThresholds* const from = told->mutable_thresholds();
          from->set_meaningless(text::kMeaninglessAt);
          from->set_insult(text::kInsultingAt);
          from->set_promotion(text::kPromotionAt);
          from->set_similar(text::kSimilarAtBytes * kThousand /
                            text::kSimilarBytes);
          return absl::OkStatus();
        });
  }
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTextService(const Parts& parts) {
  return std::make_unique<TextService>(parts);
}

}  // namespace levee::rpc
