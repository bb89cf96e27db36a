// Captures with the client library epcis2.js as its users would. Arguments: the address of the EPCIS interface, a bearer token, and
// a number that makes this run's identifiers its own. Writes what it saw as JSON.
'use strict';

const {
  AggregationEvent, AssociationEvent, BizLocation, BizTransactionElement, CaptureResponse, DestinationElement, EPCISDocument,
  ObjectEvent, QuantityElement, ReadPoint, SensorElement, SensorReportElement, SourceElement, TransactionEvent,
  TransformationEvent, capture, cbv, setup,
} = require('epcis2.js');

const [apiUrl, token, run] = process.argv.slice(2);
setup({ apiUrl, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, eventTimeZoneOffset: '+02:00' });

const place = 'https://id.gs1.org/414/9521005000105';
const bag = (n) => `https://id.gs1.org/01/09521005000020/21/${run}${n}`;
const lot = (n) => `https://id.gs1.org/01/09521005000037/10/L${run}${n}`;
const pallet = 'https://id.gs1.org/00/295210050000000017';

const common = (event, number) => event
  .setEventID(`urn:uuid:00000000-0000-4000-8000-${String(run).padStart(9, '0')}${String(number).padStart(3, '0')}`)
  .setEventTime(`2026-05-19T10:${String(number).padStart(2, '0')}:00.000+02:00`)
  .setEventTimeZoneOffset('+02:00')
  .setReadPoint(new ReadPoint().setId(place));

const amount = (id, number, unit) => {
  const element = new QuantityElement().setEpcClass(id).setQuantity(number);
  return unit ? element.setUom(unit) : element;
};

const five = () => [
  common(new ObjectEvent(), 1).setAction(cbv.actionTypes.add).setBizStep(cbv.bizSteps.creating_class_instance)
    .setDisposition(cbv.dispositions.active).addQuantity(amount(lot(1), 120.5, 'KGM')).setBizLocation(new BizLocation().setId(place))
    .addSensorElement(new SensorElement().addSensorReport(new SensorReportElement().setType('Temperature').setValue(3.5).setUom('CEL'))),
  common(new TransformationEvent(), 2).setBizStep(cbv.bizSteps.commissioning).addInputQuantity(amount(lot(1), 120, 'KGM'))
    .addOutputEPCList([bag(1), bag(2)]),
  common(new AggregationEvent(), 3).setAction(cbv.actionTypes.add).setBizStep(cbv.bizSteps.packing).setParentId(pallet)
    .addChildEPCList([bag(1), bag(2)]),
  common(new TransactionEvent(), 4).setAction(cbv.actionTypes.add).addEPC(bag(1))
    .addBizTransaction(new BizTransactionElement().setType('po').setBizTransaction('urn:epcglobal:cbv:bt:9521005000006:PO-1')),
  common(new AssociationEvent(), 5).setAction(cbv.actionTypes.add).setParentId('https://id.gs1.org/8004/9521005cooler')
    .addChildEPC('https://id.gs1.org/8004/9521005sensor'),
  common(new ObjectEvent(), 6).setAction(cbv.actionTypes.observe).setBizStep(cbv.bizSteps.shipping)
    .setDisposition(cbv.dispositions.in_transit).addEPC(pallet)
    .addSource(new SourceElement().setType('possessing_party').setSource('https://id.gs1.org/417/9521005000006'))
    .addDestination(new DestinationElement().setType('possessing_party').setDestination('https://id.gs1.org/417/9521003000008')),
];

const documentOf = (events) => new EPCISDocument().setCreationDate('2026-05-19T12:00:00.000+02:00').addEventList(events);

async function captured(document, options) {
  const response = await capture(document, options);
  const seen = { status: response.status, events: document.toObject().epcisBody.eventList };
  if (response.status !== 202) { return { ...seen, body: await response.json() }; }
  const job = new CaptureResponse(response);
  await job.pollForTheCaptureToFinish(50, 100);
  return { ...seen, location: job.getLocation(), running: job.getRunningStatus(), success: job.getSuccessStatus(), errors: job.getErrors() };
}

async function main() {
  const whole = await captured(documentOf(five()));
  const again = await captured(documentOf(five()));
  const other = await captured(documentOf([five()[0].setDisposition(cbv.dispositions.in_progress)]));
  const invalid = await captured(documentOf([five()[0].setAction('MOVE')]), { documentValidation: false });
  const nobody = await captured(documentOf([five()[0]]), { headers: { authorization: 'Bearer none' } });
  process.stdout.write(JSON.stringify({ whole, again, other, invalid, nobody }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
