// Includes a CloudFormation template in a CDK app, and prints the template that CDK makes of it: node include.js TEMPLATE
'use strict';

const { App, DefaultStackSynthesizer, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');

const app = new App();
const stack = new Stack(app, 'dwipper-dev', {
  synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
});
new CfnInclude(stack, 'Template', { templateFile: process.argv[2] });
console.log(JSON.stringify(app.synth().getStackByName('dwipper-dev').template));
